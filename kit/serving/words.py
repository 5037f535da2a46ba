"""What the page says, in every language that there is a catalogue of: its reader may choose."""

from __future__ import annotations

from kit.language import in_language, marked

LANGUAGES = ("en", "ja")
# `{…}` is filled in by the page.
_WORDS = {
    "title": marked("Try the model"),
    "about": marked("{run}: every picture goes to the endpoint {endpoint}, and its answer is drawn."),
    "price": marked("As long as it is there it costs {price}."),
    "choose": marked("Choose pictures"),
    "photograph": marked("Take a photograph"),
    "camera": marked("Camera"),
    "still": marked("Take this picture"),
    "live": marked("Live"),
    "hint": marked("Drop pictures here, paste one, choose some, or show things to the camera."),
    "pictures": marked("Pictures to try: yours, then those that the model was not trained on"),
    "before": marked("the picture before"),
    "after": marked("the next picture"),
    "threshold": marked("Lowest score"),
    "found": marked("found"),
    "more": marked("and {count} more"),
    "save": marked("Save the drawing"),
    "keep": marked("Wrong? Keep it for labelling"),
    "kept": marked("Kept with these boxes: {path}"),
    "not_kept": marked("It could not be kept: {reason}"),
    "request": marked("The request"),
    "answer": marked("The endpoint's answer"),
    "code": marked("Ask it from code"),
    "code_note": marked("Each piece asks about a file picture.jpg."),
    "copy": marked("Copy"),
    "phone": marked("On a phone"),
    "phone_note": marked("Whoever has this address can use the page; it holds for as long as the command runs."),
    "asking": marked("{name}: the endpoint is at work …"),
    "told": marked("{count} found, answered in {milliseconds} ms"),
    "told_live": marked("{count} found, answered in {milliseconds} ms; {rate} pictures a second"),
    "camera_open": marked("The camera is on: take this picture, or go live, which is quicker and a little less exact."),
    "camera_denied": marked(
        "The browser does not let the page use the camera: allow it beside the address, then try again."
    ),
    "camera_missing": marked("There is no camera on this machine."),
    "camera_taken": marked("The camera is used by another program: close that, then try again."),
    "camera_failed": marked("The camera cannot be used: {reason}"),
    "camera_insecure": marked("Browsers give the camera only to pages of this machine: take a photograph instead."),
    "damaged": marked("{name} is not a picture that can be shown, or it is damaged ({reason}). Try another one."),
    "unreadable": marked("The endpoint cannot read this picture: {reason}"),
    "not_taken": marked("The endpoint takes JPEG and PNG only: {reason}"),
    "too_large": marked("This picture is too large: {name} {reason}"),
    "busy": marked("The endpoint has too much to do: try again in a moment."),
    "no_answer": marked("The endpoint did not answer in time; its log says more."),
    "no_endpoint": marked("The endpoint {endpoint} is not there any more: start it again with `make endpoint`."),
    "no_page": marked("This address does not hold any more: open the one that the terminal shows."),
    "gone": marked("The kit does not answer any more. Was it stopped? Start it again with `make endpoint`."),
    "refused": marked("The endpoint refused this picture: {reason}"),
}


def words() -> dict[str, dict[str, str]]:
    """The sentences by language and name."""
    return {language: {name: in_language(language, text) for name, text in _WORDS.items()} for language in LANGUAGES}
