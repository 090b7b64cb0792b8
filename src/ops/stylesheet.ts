// How the pages look: one stylesheet, served as a file of its own so that the policy can forbid inline style.

export const STYLESHEET = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --text: #16191f; --quiet: #565e6c; --line: #d5d9e0; --link: #0b57c2;
  --good: #1a6b37; --good-soft: #dff3e5; --bad: #b3261e; --bad-soft: #fde4e1; --warn: #7d4e00; --warn-soft: #fdf0d0;
  --odd: #6f3bb0; --odd-soft: #efe5fb; --idle: #35507a; --idle-soft: #e2eaf6;
  --bar-good: #5aa873; --bar-bad: #d5332a; --bar-warn: #d9920b; --bar-odd: #8b57cc;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #101318; --card: #191d24; --text: #e8eaee; --quiet: #a3abb9; --line: #343b47; --link: #85b4ff;
    --good: #83d69d; --good-soft: #17331f; --bad: #ff9c93; --bad-soft: #47191a; --warn: #f5c35b; --warn-soft: #3b2c0a;
    --odd: #c9a6f7; --odd-soft: #311f4a; --idle: #a9c4ee; --idle-soft: #1d2b42;
    --bar-good: #4f9c68; --bar-bad: #f0584e; --bar-warn: #e0a029; --bar-odd: #a678e2;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
header, main { max-width: 68rem; margin: 0 auto; padding: 0 1rem; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; align-items: baseline; padding-top: .75rem; padding-bottom: .25rem; }
main { padding-bottom: 4rem; }
.brand { font-weight: 700; }
nav a { display: inline-block; padding: .5rem .25rem; margin-right: .75rem; }
nav a[aria-current] { color: var(--text); font-weight: 600; text-decoration: none; border-bottom: 2px solid; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .5rem; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 1rem 0 .5rem; display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: center; overflow-wrap: anywhere; }
h1.quiet { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1rem 0 .25rem; }
p { margin: .4rem 0; }
.hint, .asof { color: var(--quiet); font-size: .9rem; }
.asof { margin-top: 2.5rem; }
code, pre, .id { font-family: ui-monospace, monospace; font-size: .875rem; }
.id { color: var(--quiet); overflow-wrap: anywhere; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; margin: .5rem 0; max-height: 32rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
pre.hex { white-space: pre; overflow-wrap: normal; }
.button, button { display: inline-block; font: inherit; font-weight: 600; padding: .5rem 1rem; border: 1px solid currentColor; border-radius: .5rem; background: var(--card); color: var(--text); text-decoration: none; cursor: pointer; }
button:hover, .button:hover { text-decoration: underline; }

.verdict { border-radius: .75rem; padding: 1rem 1.25rem 1.1rem; margin: .75rem 0 1rem; border-left: .5rem solid; }
.verdict p { color: var(--text); }
.verdict .headline { font-size: 1.5rem; line-height: 1.25; font-weight: 700; color: inherit; }
.verdict .button { margin-top: .4rem; }
.good { background: var(--good-soft); color: var(--good); }
.bad { background: var(--bad-soft); color: var(--bad); }
.warn { background: var(--warn-soft); color: var(--warn); }
.idle { background: var(--idle-soft); color: var(--idle); }
.notice { border-radius: .5rem; padding: .6rem 1rem; margin: .75rem 0; font-weight: 600; }

.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .5rem 1rem; margin: 0; }
.facts div { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem; }
dt { color: var(--quiet); font-size: .875rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.facts dd { font-size: 1.1rem; font-weight: 600; }
.details div { display: grid; grid-template-columns: minmax(9rem, 14rem) 1fr; gap: .25rem 1rem; padding: .25rem 0; border-bottom: 1px solid var(--line); }

.tiles { list-style: none; display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .5rem; padding: 0; margin: 0; }
.tiles li { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .75rem; }
.tiles a { display: flex; flex-direction: column; align-items: start; color: inherit; text-decoration: none; }
.tiles a:hover .count { text-decoration: underline; }
.tiles p { color: var(--quiet); font-size: .85rem; line-height: 1.35; }
.count { font-size: 1.6rem; font-weight: 700; font-variant-numeric: tabular-nums; }
.none .count { color: var(--quiet); font-weight: 400; }

.badge { display: inline-block; border-radius: 1rem; padding: .05rem .6rem; font-size: .85rem; font-weight: 600; white-space: nowrap; line-height: 1.5; }
.badge.processed { background: var(--good-soft); color: var(--good); }
.badge.dead { background: var(--bad-soft); color: var(--bad); }
.badge.retrying { background: var(--warn-soft); color: var(--warn); }
.badge.quarantined { background: var(--odd-soft); color: var(--odd); }
.badge.processing, .badge.queued { background: var(--idle-soft); color: var(--idle); }

table { border-collapse: collapse; width: 100%; background: var(--card); border: 1px solid var(--line); }
th, td { text-align: left; vertical-align: top; padding: .5rem .6rem; border-bottom: 1px solid var(--line); font-weight: 400; overflow-wrap: anywhere; }
thead th { color: var(--quiet); font-size: .85rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.unit { display: none; }
.events th a { text-decoration: none; display: block; }
.events th a:hover .type { text-decoration: underline; }
.events .type { font-weight: 600; }
.events .id { display: block; font-size: .78rem; }
time small { display: block; color: var(--quiet); font-size: .78rem; font-weight: 400; white-space: nowrap; }
.endpoint { font-size: .8rem; color: var(--quiet); }
.endpoint::before { content: "endpoint "; }
.events td:nth-child(3) { white-space: nowrap; }
td.why { min-width: 14rem; font-size: .9rem; }
td.error, code.error { font-family: ui-monospace, monospace; font-size: .85rem; }
td.failed, td.lost { color: var(--bad); font-weight: 600; }
td.succeeded { color: var(--good); font-weight: 600; }

.situation { background: var(--card); border: 1px solid var(--line); border-left-width: .5rem; border-radius: .5rem; padding: .6rem 1.1rem .8rem; margin: .75rem 0; }
.situation.dead { border-left-color: var(--bar-bad); }
.situation.quarantined { border-left-color: var(--bar-odd); }
.situation.retrying { border-left-color: var(--bar-warn); }
.situation.processed { border-left-color: var(--bar-good); }
details.replay { margin-top: .6rem; }
details.replay summary { list-style: none; }
details.replay[open] summary { margin-bottom: .4rem; }
summary { cursor: pointer; }

.filter { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: end; margin: .5rem 0 1rem; }
.filter label { display: flex; flex-direction: column; font-size: .875rem; color: var(--quiet); flex: 1 1 9rem; }
.filter .wide { flex: 2 1 14rem; }
.filter > a { padding: .5rem 0; }
input, select { font: inherit; color: var(--text); background: var(--card); border: 1px solid var(--quiet); border-radius: .5rem; padding: .45rem .6rem; width: 100%; }
::placeholder { color: var(--quiet); opacity: 1; }
.paging { display: flex; gap: 1.5rem; padding: .75rem 0; color: var(--quiet); }
.paging a, .paging span { padding: .5rem 0; }
.empty { background: var(--card); border: 1px dashed var(--quiet); border-radius: .5rem; padding: 1rem 1.25rem; }
.types { list-style: none; padding: 0; margin: 0; columns: 14rem; font-variant-numeric: tabular-nums; }
.types li { overflow-wrap: anywhere; color: var(--quiet); padding: .15rem 0; }

.chart { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; }
.chart svg { display: block; width: 100%; height: 10rem; border-bottom: 1px solid var(--quiet); }
.chart .ground { fill: transparent; }
.chart g:hover .ground { fill: var(--line); }
.chart rect.processed { fill: var(--bar-good); }
.chart rect.unfinished { fill: var(--bar-warn); }
.chart rect.quarantined { fill: var(--bar-odd); }
.chart rect.dead { fill: var(--bar-bad); }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; list-style: none; padding: 0; margin: .3rem 0; font-size: .9rem; }
.legend li::before { content: ""; display: inline-block; width: .75rem; height: .75rem; margin-right: .4rem; border-radius: 2px; }
.legend .processed::before { background: var(--bar-good); }
.legend .unfinished::before { background: var(--bar-warn); }
.legend .quarantined::before { background: var(--bar-odd); }
.legend .dead::before { background: var(--bar-bad); }
.axis { display: flex; justify-content: space-between; color: var(--quiet); font-size: .85rem; }
.most { color: var(--quiet); font-size: .85rem; margin: .5rem 0 0; }
.chart details { margin-top: .5rem; }

@media (max-width: 42rem) {
  table.events thead, table.tries thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .events tr, .tries tr { display: grid; grid-template-columns: 1fr auto; gap: .1rem .75rem; padding: .6rem .75rem; border-bottom: 1px solid var(--line); }
  .events :is(td, th), .tries :is(td, th) { display: block; border: 0; padding: 0; text-align: left; }
  .events tbody th, .tries tbody th, .events .why, .tries .error { grid-column: 1 / -1; }
  .events td:nth-child(1) { order: -2; }
  .events td:nth-child(3) { order: -1; }
  .unit { display: inline; }
  .details div { grid-template-columns: 1fr; gap: 0; }
  .tiles { grid-template-columns: 1fr 1fr; }
  .facts { grid-template-columns: 1fr 1fr; }
}
`;

export const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0b57c2"/><path d="M3 8h3l2-4 2 8 1-4h2" fill="none" stroke="#fff" stroke-width="1.5"/></svg>';
