"""The people who label a job: how they are told where, and who has labelled how many."""

from __future__ import annotations

from urllib.parse import quote

from kit import browser
from kit.aws_api import LabellingPortal, Person
from kit.language import _
from kit.qr_code import qr_code
from kit.run import invitations, labelling_state
from kit.run.context import Context
from kit.run.labelling_state import LabellingState
from kit.run.state_file import write_state


class LabellingPeople:
    """Those who label one job; what is known of them goes to the terminal, and to a file that `kit status` reads."""

    def __init__(self, context: Context, job: str, portal: LabellingPortal) -> None:
        self._context, self._job, self._portal = context, job, portal
        self._state: LabellingState | None = None

    def show_way_in(self, labelled: int, total: int) -> None:
        """Args: labelled: how many of the `total` pictures began with labels."""
        console, portal = self._context.console, self._portal
        if labelled:
            console.say(
                _("  {labelled} of {total} pictures have labels already, which can be corrected.").format(
                    labelled=labelled, total=total
                )
            )
        console.say(_("  Label the pictures at {address}").format(address=portal.url))
        if portal.others:
            self._show_what_is_open()
        if portal.remark:
            console.say(f"  {portal.remark}")
        for person in portal.people:
            if portal.invited:
                self._invite(person)
            else:
                console.say(_("  user {user}   password {password}").format(user=person.user, password=person.password))
        if portal.people and not portal.invited:
            browser.open_page(portal.url, console, wanted=self._context.settings.browser)
        if labelled == total:
            console.say(_("  All correct? Press Enter here, or run `make go-on`, to go on."))
        else:
            console.say(_("  Enough labelled? Press Enter here, or run `make go-on`, to go on with what there is."))
        console.say(_("  Another day? Press Ctrl-C; the same command brings you back to the next picture."))

    def _show_what_is_open(self) -> None:
        console, (first, *others) = self._context.console, self._portal.others
        if others:
            console.say(
                _("  or, from another network of this machine, at {addresses}").format(addresses=", ".join(others))
            )
        console.say(qr_code(first))
        console.say(
            _(
                "  Every machine of this network reaches Label Studio there, for as long as people label: whoever has "
                "a user and a password sees all pictures and can change all labels. Both travel unencrypted: use it in "
                "a network that you trust. Nobody can sign up."
            )
        )

    def at(self, labelled: int, total: int) -> list[str]:
        """What is to be said beside a progress of so many pictures."""
        if self._state is None or self._state.labelled != labelled:
            users = tuple(person.user for person in self._portal.people)
            by_person = dict(self._context.api.labelled_by(self._job))
            self._state = LabellingState(self._portal.url, users, labelled, total, by_person)
            write_state(self._context.folder.labelling_state, self._state)
        return [labelling_state.told(self._state.labelled_by)] if self._state.labelled_by else []

    def labelled_by(self) -> dict[str, int]:
        """How many pictures each of a team has labelled, now that all is; says it."""
        if self._state is None or not self._state.labelled_by:
            return {}
        told = labelling_state.told(self._state.labelled_by)
        self._context.console.say(_("  labelled by: {people}").format(people=told))
        return self._state.labelled_by

    def _invite(self, person: Person) -> None:
        """Keeps the person's invitation as a file, and shows it where it is another than before."""
        console = self._context.console
        target = self._context.folder.invitations / f"{quote(person.user, safe='@+')}.eml"
        mail = invitations.mail(self._portal.url, person.user, person.password, self._portal.remark)
        if invitations.keep(target, mail):
            console.say(_("  Invite {worker} ({file}):").format(worker=person.user, file=target))
            invitations.show(mail, console)
        else:
            console.say(_("  The invitation of {worker}: {file}").format(worker=person.user, file=target))
