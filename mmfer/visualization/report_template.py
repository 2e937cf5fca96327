"""The page of :mod:`mmfer.visualization.report_page`, a template of jinja2."""

TEMPLATE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
      content="default-src 'none'; img-src data:; media-src 'self'; style-src 'unsafe-inline'">
<title>{{ page.title }}</title>
<style>
body { font: 15px/1.45 system-ui, sans-serif; color: #222; background: #fafafa;
       max-width: 70rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 0; }
h3 { font-size: 1rem; margin: 1rem 0 .4rem; }
section { background: white; border: 1px solid #ddd; border-left: .5rem solid var(--person);
          border-radius: .3rem; padding: 1rem 1.2rem; margin: 1.2rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .5rem 0; }
dt { color: #666; } dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: .6rem 0; }
td { padding: .08rem 1rem .08rem 0; }
td.bar { width: 15rem; } td.bar div { height: .8rem; background: #9ab; }
tr.best { font-weight: bold; } tr.best td.bar div { background: var(--person); }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.answer { display: flex; flex-wrap: wrap; gap: 0 3rem; align-items: flex-start; }
.frames { display: flex; flex-wrap: wrap; gap: .6rem; }
figure { margin: 0; text-align: center; font-size: .82rem; color: #444; }
figure img { display: block; width: 8.5rem; margin-bottom: .2rem; }
img.chart { max-width: 100%; }
.note { color: #b2182b; font-weight: bold; }
video { max-width: 100%; max-height: 32rem; }
</style>
</head>
<body>
<h1>{{ page.title }}</h1>
{% for note in page.notes %}
<p class="note">{{ note }}</p>
{% endfor %}
<dl>
{% for what, value in page.facts %}
<dt>{{ what }}</dt><dd>{{ value }}</dd>
{% endfor %}
</dl>
{% if page.video %}
<video src="{{ page.video | urlencode }}" controls preload="metadata"></video>
{% endif %}
{% if not page.people %}
<p>Nobody was found.</p>
{% endif %}
{% for person in page.people %}
<section style="--person: {{ person.color }}">
<h2>{{ person.title }}{% if person.label is not none %}: {{ person.label }}{% endif %}</h2>
<div class="answer">
{% if person.scores %}
<table>
{% for name, score in person.scores %}
<tr{% if name == person.label %} class="best"{% endif %}><td>{{ name }}</td>
<td class="bar"><div style="width: {{ '%.1f' % (100 * score) }}%"></div></td>
<td class="number">{{ '%.3f' % score }}</td></tr>
{% endfor %}
</table>
{% endif %}
<dl>
{% for what, value in person.facts %}
<dt>{{ what }}</dt><dd>{{ value }}</dd>
{% endfor %}
</dl>
</div>
{% if person.chart %}
<h3>Over time</h3>
<img class="chart" src="{{ person.chart }}" alt="Class probabilities over time">
{% endif %}
{% if person.frames %}
<h3>{{ person.frames_title }}</h3>
<div class="frames">
{% for frame in person.frames %}
<figure>
{% for image in frame.images %}
<img src="{{ image }}" alt="">
{% endfor %}
<figcaption>{% for line in frame.lines %}{{ line }}{% if not loop.last %}<br>{% endif %}{% endfor %}
</figcaption>
</figure>
{% endfor %}
</div>
{% endif %}
</section>
{% endfor %}
</body>
</html>
"""
