// How the pages look: one stylesheet, its own file so that the policy can forbid inline style.
//
// Each status has a hue. Darkness and softness are the same for all, so that every text keeps a
// contrast of 6 to 1. Only a dead event's bar is darker than the others: nobody must need to tell
// red from green. Outlines and borders name their colour apart: a browser without `light-dark()`
// draws them in the colour of the text.

export const STYLESHEET = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f6f7f9, #101318); --card: light-dark(#fff, #191d24); --line: light-dark(#d5d9e0, #343b47);
  --quiet: light-dark(#565e6c, #a3abb9); --link: light-dark(#0b57c2, #85b4ff);
}
* {
  box-sizing: border-box;
  --ink: light-dark(oklch(43% .15 var(--hue)), oklch(83% .11 var(--hue)));
  --soft: light-dark(oklch(94% .04 var(--hue)), oklch(28% .05 var(--hue)));
  --bar: oklch(var(--bright, 65%) .16 var(--hue));
}
.good, .processed, .succeeded { --hue: 150; }
.bad, .dead, .failed, .lost { --hue: 27; --bright: 54%; }
.warn, .retrying { --hue: 75; }
.quarantined { --hue: 303; }
.idle, .processing, .queued { --hue: 258; }

body { margin: 0; background: var(--page); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
header, main { max-width: 68rem; margin: 0 auto; padding: .5rem 1rem; }
header, .paging, .legend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; }
h1, .headline { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0; }
h2, h3 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
p, pre, .notice { margin: .4rem 0; }
a { color: var(--link); }
nav > * { display: inline-block; padding: .5rem .25rem; }
nav [aria-current] { color: CanvasText; font-weight: 600; text-decoration: none; border-bottom: 2px solid; }
.skip:not(:focus), h1.quiet { position: absolute; left: -100vw; }
.button, .notice, .headline, .facts dd, .badge, .outcome, .type { font-weight: 600; }
.quiet, .paging, footer, small, dt, label, thead th { color: var(--quiet); font-size: .85rem; font-weight: 400; }
footer { margin-top: 2.5rem; }
code, pre, .error { font-family: ui-monospace, monospace; font-size: .85rem; }

pre, table, input, select, .button, .chart, .facts div, .notice, .verdict {
  background: var(--card); border: 1px solid; border-color: var(--line); border-radius: .5rem; padding: .6rem .8rem;
}
input, select, .button { border-color: var(--quiet); height: 2.75rem; font: inherit; color: CanvasText; }
input, select { display: block; width: 100%; }
.button { display: inline-block; font-weight: 600; list-style: none; cursor: pointer; }
.button, .events a:not(:hover) { text-decoration: none; }
.primary { background: var(--link); border-color: var(--link); color: var(--card); }
[open] > .primary { background: var(--card); color: CanvasText; }
.whole { user-select: all; -webkit-user-select: all; }
pre { max-height: 32rem; overflow: auto; white-space: pre-wrap; }
pre.hex { white-space: pre; }
.filter { display: grid; gap: .5rem; align-items: end; }
@media (min-width: 62rem) {
  .filter { grid-template-columns: 10rem 1fr 7rem 12.5rem 12.5rem 1fr auto; }
  @supports selector(::details-content) {
    .fold > summary { display: none; }
    .fold::details-content { content-visibility: visible; block-size: auto; }
  }
}

.verdict, .notice, .badge { background: var(--soft); }
.headline, .notice, .badge, .outcome { color: var(--ink); }
.headline a, .events th a { color: inherit; }
.verdict { border-left: .5rem solid; border-left-color: var(--bar); margin: .75rem 0 1rem; }
.badge { display: inline-block; border-radius: 1rem; padding: .1rem .6rem; font-size: .85rem; white-space: nowrap; }
details { margin: .6rem 0; }
summary { cursor: pointer; }

ul, dl, dd, figure { list-style: none; margin: 0; padding: 0; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .5rem; }
.details div { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: .25rem 0; }
.details dt { width: 13rem; }
.details dd { flex: 1 1 20rem; }

table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .5rem .6rem; font-weight: 400; }
tr, .details div { border-bottom: 1px solid var(--line); }
td, .tries th { white-space: nowrap; }
.events tbody th, .error { width: 100%; white-space: normal; }
.type { color: var(--link); }
.about, .events small, .facts small { display: block; }
small { font-size: .75rem; }

.chart svg { display: block; width: 100%; height: 10rem; border-top: 1px solid var(--quiet); transform: scaleY(-1); }
rect { fill: var(--bar); }
.ground { fill: transparent; }
.legend li::before { content: ""; display: inline-block; border: .375rem solid var(--bar); margin-right: .4rem; }
.axis { display: flex; justify-content: space-between; }

@media (max-width: 42rem) {
  thead { position: absolute; left: -100vw; }
  tr { display: flex; flex-wrap: wrap; gap: .1rem .75rem; padding: .5rem .25rem; }
  td, th { padding: 0; white-space: normal; }
  .events { line-height: 1.3; }
  .events th { order: 1; }
  .events td:last-child { flex: 1; }
  .about, .events th small { max-height: 2.6em; overflow: hidden; }
}
`;
