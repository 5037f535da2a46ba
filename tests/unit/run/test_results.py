"""What a stage hands over is written to the journal as plain JSON."""

from __future__ import annotations

import json

from kit.language import _
from kit.run.remark import Remark
from kit.run.results import PicturesResult, from_json, to_json


def test_a_remark_in_the_readers_language_is_text_like_any_other() -> None:
    remark = Remark("a.jpg", _("the end of the file is missing; taken as other programs show it"))
    result = PicturesResult("bucket", 1, ("usb-a",), remarks=(remark,))
    entry = json.loads(json.dumps(to_json(result)))
    assert entry["remarks"][0]["text"] == str(remark.text)
    assert from_json(PicturesResult, entry) == result
