"""Ground Truth's verbs over Label Studio and LocalStack in containers: the tests of the processes, once more."""

# Collected from here, with this folder's fixtures.
from tests.integration.labelling_workshop import workshop  # noqa: F401
from tests.integration.test_label_studio_access import (  # noqa: F401
    test_a_wrong_password_is_refused,
    test_nobody_can_sign_up,
    test_only_pictures_of_the_job_s_buckets_are_served,
    test_the_portal_leads_a_person_to_the_pictures,
)
from tests.integration.test_labeling_jobs import (  # noqa: F401
    test_labels_survive_a_kill_of_everything_but_s3,
    test_two_jobs_side_by_side_have_each_their_own_pictures,
)
from tests.integration.test_labeling_output import (  # noqa: F401
    test_a_labelled_job_leaves_the_boxes_of_the_truth,
    test_a_picture_that_is_not_in_s3_is_a_failed_line,
    test_skipped_and_empty_pictures_are_told_apart,
    test_stopping_keeps_what_is_labelled_and_leaves_the_other_lines_as_they_were,
)
