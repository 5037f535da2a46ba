"""Where lines of Japanese may break on a terminal (JIS X 4051's prohibitions, as far as our sentences need them).

Between any two of its letters, but no line begins with punctuation or a small kana, none ends with an opening bracket,
a number stays with its counter (`35 枚`), and a word of other letters (a command, a path) is whole where it fits.
Standard library only, for `make help`.
"""

from __future__ import annotations

import itertools
import re
import unicodedata

# Punctuation, kana, ideographs, full-width forms.
WIDE = "[\u3000-\u30ff\u4e00-\u9fff\uff00-\uff60]"
NO_LINE_ENDS_WITH = "（「『［"
NO_LINE_BEGINS_WITH = "、。，．・：；？！）」』］…ー々ァィゥェォッャュョヮぁぃぅぇぉっゃゅょゎ"
_COUNTER = f"時間|エポック|ピクセル|バイト|フレーム|ミリ秒|[A-Za-z%]+|{WIDE}"
# A letter, a number with its counter, or a word; with the brackets before it and what may not begin a line after it.
_CORE = rf"[0-9][0-9.,〜/:]*\s?(?:{_COUNTER})|{WIDE}|(?:(?!{WIDE})\S)+|\s"
_UNIT = re.compile(f"[{NO_LINE_ENDS_WITH}]*(?:{_CORE})[{NO_LINE_BEGINS_WITH}]*")


def columns_of(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def is_japanese(text: str) -> bool:
    return re.search(WIDE, text) is not None


def offsets(text: str, columns: int, *, within_words: bool = True) -> list[int]:
    """Where a line is divided so that no part takes more columns; the spaces at a division stay at the part's end.

    Args:
        within_words: whether to divide a word, too, that no line can hold; it is too long otherwise.
    """
    found, used = [], 0
    for match in _UNIT.finditer(text):
        width = columns_of(match[0].rstrip())
        if used and used + width > columns:
            found.append(match.start())
            used = 0
        if within_words and width > columns:
            # By letters, each with what may not begin a line after it.
            for part in re.finditer(f".[{NO_LINE_BEGINS_WITH}]*", match[0], re.S):
                if used and used + columns_of(part[0]) > columns:
                    found.append(match.start() + part.start())
                    used = 0
                used += columns_of(part[0])
        else:
            used += columns_of(match[0])
    return found


def broken(text: str, columns: int) -> str:
    """Lines that are broken for a terminal, which breaks itself what no line can hold: so it can be copied whole."""
    lines = []
    for line in text.split("\n"):
        ends = [0, *offsets(line, columns, within_words=False), len(line)]
        lines += [line[start:end].rstrip() for start, end in itertools.pairwise(ends)]
    return "\n".join(lines)
