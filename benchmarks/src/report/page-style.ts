/** Colours by name, for light and for dark; each has enough contrast on its background. */
const LIGHT = '--shale:#0b62d6;--second:#c2570c;--third:#0f7b6c;--rival:#9aa3af;--faint:#d5d9df;';
const DARK = '--shale:#6cb0ff;--second:#f5a15c;--third:#4ecbb4;--rival:#6b7482;--faint:#3a4049;';

/** The colours of a drawing that stands alone, as in a README. */
export const DRAWING_STYLE = `svg{${LIGHT}color:#1d232b}@media(prefers-color-scheme:dark){svg{${DARK}color:#e4e8ee}}`;

/** The style of the page. Phones first: cards beside each other only where there is room. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;${LIGHT}--ink:#1d232b;--soft:#5a6472;--page:#f5f6f8;--card:#fff;--line:#e0e4ea}
@media(prefers-color-scheme:dark){:root{${DARK}--ink:#e4e8ee;--soft:#9aa4b2;--page:#12151a;--card:#1b2027;--line:#2d343e}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1240px;margin:0 auto;padding:20px 16px 60px}
h1{font-size:1.6rem;margin:.2em 0}
h2{font-size:1.25rem;margin:2.2em 0 .7em}
h3{font-size:1rem;margin:0}
p{margin:.4em 0}
.soft{color:var(--soft);font-size:.875rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:20px 0}
.tile,.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px;min-width:0}
.tile b{display:block;font-size:1.5rem;line-height:1.25}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,360px),1fr));gap:14px;align-items:start}
.card svg{display:block;width:100%;height:auto;max-width:440px;margin-top:10px;color:var(--ink)}
.key{display:inline-block;width:.75em;height:.75em;border-radius:2px;margin:0 .35em 0 .9em}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:10px}
table{border-collapse:collapse;font-size:.8125rem;width:100%}
th,td{padding:6px 10px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}
tr:last-child td{border-bottom:0}
th:first-child,td:first-child,th:nth-child(2),td:nth-child(2){text-align:left}
td.text{text-align:left;white-space:normal;min-width:12em}
details{margin:12px 0}
summary{cursor:pointer;font-weight:600;padding:6px 0}
nav{display:flex;flex-wrap:wrap;gap:.3em 1.2em}
nav a{color:var(--shale)}
`;
