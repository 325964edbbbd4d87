"""A page that needs nothing but itself: opened from disk, printed, light or dark."""

from collections.abc import Iterable, Sequence
from html import escape
from unicodedata import category

from sidecar.report.finding import Finding
from sidecar.report.table import Table

HIDDEN = frozenset(("Cc", "Cs"))
OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They would turn around what follows them."""
NOTHING_FROM_OUTSIDE = "default-src 'none'; style-src 'unsafe-inline'"
STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1c2024; --quiet: #626a73; --rule: #dfe3e8; --shade: #f5f6f8;
  --wait: #a3aab3; --read: #3d8f8a; --encode: #2f6fb3; --generate: #c0762b; --align: #8659a8;
  --text: #6c7f3f; --bad: #b3261e; --good: #2e7d46; --fair: #8a6a00; --on: #fff;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #16181b; --ink: #e6e8ea; --quiet: #9aa3ad; --rule: #33383e; --shade: #1f2327;
    --wait: #6b737c; --read: #4fa9a3; --encode: #5b9ad8; --generate: #d99a55; --align: #a983c7;
    --text: #93a860; --bad: #f2877f; --good: #6fbf86; --fair: #d3b04a;
    --on: #111;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 72rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", sans-serif;
}
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 2.5rem 0 .75rem; }
p { margin: .25rem 0; }
.quiet, figcaption, ol.legend { color: var(--quiet); }
.note, figcaption, ol.legend { font-size: .875rem; max-width: 60rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .9rem .3rem 0; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--rule); }
th { font-weight: 600; color: var(--quiet); }
th.text, td.text, th.mark, td.mark { text-align: left; }
td:last-child.text { white-space: normal; min-width: 26rem; }
td:first-child { white-space: pre; }
.good { color: var(--good); } .fair { color: var(--fair); }
.slow, .worse { color: var(--bad); font-weight: 600; }
.better { color: var(--good); }
ul.findings { list-style: none; padding: 0; margin: 0; }
ul.findings li { padding: .5rem 0 .5rem .9rem; border-left: 3px solid var(--rule);
  margin-bottom: .5rem; }
ul.findings li.problem { border-color: var(--bad); }
pre { background: var(--shade); padding: .75rem; overflow-x: auto; font-size: .8rem; }
figure { margin: 0; }
@media print {
  body { max-width: none; padding: 0; font-size: 11px; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  h2 { break-after: avoid; } tr, li, figure { break-inside: avoid; }
}
"""


def page(title: str, subtitle: str, style: str, body: Iterable[str]) -> bytes:
    """The whole document, in UTF-8; `body` is HTML, the rest text."""
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{NOTHING_FROM_OUTSIDE}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{said(title)}</title>",
            f"<style>{STYLE}{style}</style>",
            f"<h1>{said(title)}</h1>",
            f'<p class="quiet">{said(subtitle)}</p>',
            *body,
            "</html>",
            "",
        ]
    ).encode("utf-8", "replace")


def said(text: str) -> str:
    """Text as HTML, whatever is in it.

    Joiners and marks of direction stay, which scripts and emoji are made with; what a browser does
    not show, and overrides of direction, do not.
    """
    return escape("".join(" " if _is_hidden(letter) else letter for letter in text))


def _is_hidden(letter: str) -> bool:
    return category(letter) in HIDDEN or letter in OVERRIDES


def table(content: Table) -> str:
    """A table, under its title."""
    head = "".join(
        f'<th scope="col" class="{column.kind}">{said(column.title)}</th>'
        for column in content.columns
    )
    rows = "".join(f"<tr>{_cells(content, row)}</tr>\n" for row in content.rows)
    note = f'<p class="quiet note">{said(content.note)}</p>' if content.note else ""
    return (
        f"{heading(content.title)}\n"
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>{rows}</tbody></table></div>{note}"
    )


def _cells(content: Table, row: Sequence[str]) -> str:
    return "".join(
        f'<td class="{column.kind}{" " + cell if column.kind == "mark" else ""}">{said(cell)}</td>'
        for column, cell in zip(content.columns, row, strict=True)
    )


def heading(text: str) -> str:
    """Of a section."""
    return f"<h2>{said(text[:1].upper() + text[1:])}</h2>" if text else ""


def findings(found: Sequence[Finding], otherwise: str) -> str:
    """Findings with their advice; `otherwise` is said where there are none."""
    if not found:
        return f"<p>{said(otherwise)}</p>"
    items = "".join(
        f"<li{' class=problem' if each.is_problem else ''}>"
        f"{'<strong>Problem: </strong>' if each.is_problem else ''}{said(each.text)}"
        f"{f'<br><span class=quiet>{said(each.advice)}</span>' if each.advice else ''}</li>\n"
        for each in found
    )
    return f'<ul class="findings">{items}</ul>'


def lines(texts: Iterable[str]) -> str:
    """Lines as they are."""
    return f"<pre>{chr(10).join(map(said, texts))}</pre>"
