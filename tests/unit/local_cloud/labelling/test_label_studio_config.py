"""What a worker sees, against Label Studio's documented tags and AWS's own worker template."""

import re
from xml.etree import ElementTree

from kit.local_cloud.labelling.label_studio_config import Instructions, labelling_config, template_instructions

# The shape of the example in AWS's documentation of crowd-bounding-box, with markup inside the instructions.
TEMPLATE = """
<script src="https://assets.crowd.aws/crowd-html-elements.js"></script>
<crowd-form>
  <crowd-bounding-box name="boundingBox" src="{{ task.input.taskObject | grant_read_access }}"
    labels="{{ task.input.labels | to_json | escape }}">
    <full-instructions header="How to draw">
      <ol><li>Draw <strong>tightly</strong> &amp; once.</li><li>Don't box cables.<script>alert(1)</script></li></ol>
    </full-instructions>
    <short-instructions>One box
      for each plug.</short-instructions>
  </crowd-bounding-box>
</crowd-form>
"""


def labels_of(config: str) -> list[dict[str, str]]:
    return [label.attrib for label in ElementTree.fromstring(config).iter("Label")]


def test_labels_keep_their_order_and_their_names_whatever_is_in_them() -> None:
    names = ["usb-a", 'a "quoted" & <b>', "ライトニング"]
    assert [label["value"] for label in labels_of(labelling_config(names, ""))] == names


def test_hotkeys_are_the_digits_and_stop_at_nine() -> None:
    labels = labels_of(labelling_config([f"class {number}" for number in range(11)], ""))
    assert [label.get("hotkey") for label in labels] == [*"123456789", None, None]


def test_every_label_has_a_colour_of_its_own() -> None:
    colours = [label["background"] for label in labels_of(labelling_config([str(n) for n in range(30)], ""))]
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours)
    assert len(set(colours)) == 30


def test_tool_and_picture_refer_to_each_other() -> None:
    view = ElementTree.fromstring(labelling_config(["cat"], "Box the cats."))
    tool, picture, header = view.find("RectangleLabels"), view.find("Image"), view.find(".//Header")
    assert tool is not None
    assert picture is not None
    assert header is not None
    assert tool.get("toName") == picture.get("name")
    assert picture.get("value") == "$image"
    assert header.get("value") == "Box the cats."


def test_instructions_of_a_template_are_read_as_text() -> None:
    instructions = template_instructions(TEMPLATE)
    assert instructions.short == "One box for each plug."
    assert instructions.full.splitlines()[0] == "Draw tightly & once."


def test_instructions_shown_hold_no_markup_of_the_template() -> None:
    shown = template_instructions(TEMPLATE).full_html()
    assert "Draw tightly &amp; once." in shown
    assert set(re.findall("<[^>]*>", shown)) == {"<p>", "</p>"}


def test_a_template_without_instructions() -> None:
    assert template_instructions("<crowd-form>no more</crowd-form>") == Instructions(short="", full="")
