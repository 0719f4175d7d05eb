"""The only place where HTML is made: templates, with every value escaped.

Whatever comes from a file, a server or a learner is text here and stays text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

_environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)

# JupyterLab sets every cell of a table flush right, and widgets set them without a gap
_TABLE = """\
{% set cell = 'style="text-align: left; padding: 0.2em 0.8em; line-height: 1.4"' | safe %}
<table>
{% if caption %}<caption>{{ caption }}</caption>{% endif %}
<thead>
<tr>{% for name in header %}<th scope="col" {{ cell }}>{{ name }}</th>{% endfor %}</tr>
</thead>
<tbody>
{% for row in rows %}
<tr>{% for value in row %}
{%- if row_headers and loop.first %}<th scope="row" {{ cell }}>{{ value }}</th>
{%- else %}<td {{ cell }}>{{ value }}</td>{% endif %}
{%- endfor %}</tr>
{% endfor %}
</tbody>
</table>"""


@cache
def _compiled(template: str) -> Template:
    return _environment.from_string(template)


def render(template: str, /, **values: object) -> Markup:
    """Fill a Jinja2 template; every value that is not ``Markup`` is escaped.

    >>> render("<b>{{ name }}</b>", name="<img src=x>")
    Markup('<b>&lt;img src=x&gt;</b>')
    """
    return Markup(_compiled(template).render(**values))


def table(
    header: Sequence[object],
    rows: Iterable[Sequence[object]],
    caption: object = "",
    *,
    row_headers: bool = False,
) -> Markup:
    """Return an HTML table with one header row; every cell is escaped.

    With ``row_headers``, the first cell names its row: screen readers say it with each other cell.
    """
    return render(_TABLE, header=header, rows=rows, caption=caption, row_headers=row_headers)


def breakable(text: object) -> Markup:
    """Return a text that may break anywhere: values may be long and without a gap.

    >>> breakable("1.2.3")
    Markup('<span style="overflow-wrap: anywhere">1.2.3</span>')
    """
    return render('<span style="overflow-wrap: anywhere">{{ text }}</span>', text=text)


class Page:
    """HTML that a notebook shows as the value of a cell.

    Parameters
    ----------
    markup : Markup
        From :func:`render` or :func:`table`.
    text : str
        The same in plain text, for a reader without HTML.
    """

    def __init__(self, markup: Markup, text: str) -> None:
        self.markup = markup
        self.text = text

    def _repr_html_(self) -> str:
        return str(self.markup)

    def __repr__(self) -> str:
        return self.text
