// The looks. A constructed style sheet, since a Content-Security-Policy without inline styles lets that pass.
// Colours come in pairs for light and dark, and every text colour reaches 4.5:1 on its background.

import { listLooks } from "./notifi-list-style.js";

const looks = `
:host {
  --paper: var(--notifi-paper, light-dark(#f6f5f1, #121517));
  --surface: var(--notifi-surface, light-dark(#ffffff, #1a1f21));
  --ink: var(--notifi-ink, light-dark(#1d2322, #e9edeb));
  --soft: var(--notifi-soft, light-dark(#5a6361, #a1aba8));
  --line: var(--notifi-line, light-dark(#e4e2db, #2b3235));
  --edge: var(--notifi-edge, light-dark(#8b928f, #6f7a78));
  --accent: var(--notifi-accent, light-dark(#1f6f63, #7fd0bf));
  --accent-wash: var(--notifi-accent-wash, light-dark(#e4f0ed, #1c3430));
  --on-accent: var(--notifi-on-accent, light-dark(#ffffff, #10201d));
  --critical: var(--notifi-critical, light-dark(#b3261e, #ff9d94));
  --high: var(--notifi-high, light-dark(#8a5300, #f0bd6a));
  --high-wash: var(--notifi-high-wash, light-dark(#faf0dd, #352a18));
  --shade: light-dark(rgb(29 35 34 / 14%), rgb(0 0 0 / 60%));
  --radius: var(--notifi-radius, 14px);
  --font: var(--notifi-font, "Inter Variable", Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto,
    "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif);
  display: inline-block;
  color: var(--ink);
  font: 400 1rem/1.55 var(--font);
  text-align: start;
}
:host([mode="page"]) { display: block; }
:host([hidden]) { display: none; }

*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h1, h2, h3, p, ul { margin: 0; padding: 0; font: inherit; }
ul { list-style: none; }

.unseen {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}

:focus { outline: none; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 8px; }
h1:focus-visible, h2:focus-visible { outline: none; }
.view:focus-visible { outline-offset: -3px; }

/* --- Buttons and links */
button, .link {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  gap: 7px;
  min-height: 36px;
  padding: 6px 13px;
  border: 1px solid transparent;
  border-radius: 9px;
  background: none;
  color: inherit;
  font: inherit;
  font-size: 0.875rem;
  font-weight: 550;
  line-height: 1.35;
  text-decoration: none;
  cursor: pointer;
  transition: background-color 120ms, border-color 120ms, color 120ms;
}
.outlined { border-color: var(--edge); background: var(--surface); }
.outlined:hover { border-color: var(--accent); background: var(--accent-wash); color: var(--accent); }
.outlined:active { background: var(--line); }
.quiet { color: var(--soft); }
.quiet:hover, .quiet[aria-expanded="true"] { background: var(--line); color: var(--ink); }
.only { width: 36px; padding: 0; }
.plain { min-height: 28px; margin: 2px 0 0 -6px; padding: 2px 6px; color: var(--accent); }
.plain:hover { text-decoration: underline; text-underline-offset: 3px; }
button[aria-disabled="true"] { border-style: dashed; cursor: default; }
.link { max-width: 100%; padding-inline: 10px; color: var(--accent); overflow-wrap: anywhere; }
.link:hover { background: var(--accent-wash); }
.link span { min-width: 0; }

.icon {
  flex: none;
  width: 1em;
  height: 1em;
}
.icon, .symbol, .art { fill: none; stroke-linecap: round; stroke-linejoin: round; }
.line { stroke: currentcolor; stroke-width: 1.7; }
.only .icon, .buttons .icon { width: 16px; height: 16px; }

/* --- The bell */
.bell { position: relative; width: 44px; min-height: 44px; padding: 0; border-radius: 50%; font-family: var(--font); }
.bell .icon { width: 24px; height: 24px; }
.bell:hover, .bell[aria-expanded="true"] { background: color-mix(in srgb, currentcolor 10%, transparent); }
.badge {
  position: absolute;
  top: 0;
  inset-inline-end: -2px;
  min-width: 20px;
  padding: 0 5px;
  border: 2px solid var(--surface);
  border-radius: 12px;
  background: var(--surface);
  box-shadow: inset 0 0 0 1.5px var(--accent);
  color: var(--accent);
  font-size: 0.75rem;
  font-weight: 700;
  font-variant-numeric: tabular-nums;
  line-height: 18px;
  text-align: center;
}
.badge.news { background: var(--accent); color: var(--on-accent); }

.panel {
  position: fixed;
  inset: var(--top, 60px) auto auto var(--left, 8px);
  width: min(var(--notifi-panel-width, 410px), calc(100vw - 16px));
  max-height: min(640px, calc(100vh - var(--top, 60px) - 8px));
  margin: 0;
  padding: 0;
  border: 1px solid var(--line);
  border-radius: var(--radius);
  background: var(--surface);
  box-shadow: 0 12px 40px -8px var(--shade), 0 2px 6px var(--shade);
  color: var(--ink);
  overflow: hidden;
}
.panel:popover-open { display: flex; flex-direction: column; }
.panel .head { padding: 12px 10px 4px 18px; }
.panel h2 { font-size: 1.125rem; font-weight: 660; letter-spacing: -0.015em; }
.panel .inbox { display: flex; flex: 1; flex-direction: column; min-height: 0; }
.panel .view, .panel .settings { flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; }
.panel .tabs { margin: 0; padding: 0 12px; }
.panel .banner, .panel .notice { margin: 8px 12px; }
.panel .more { padding: 10px 12px 14px; }

/* --- Heading, tabs, banner */
.head { display: flex; align-items: center; justify-content: space-between; gap: 4px 14px; flex-wrap: wrap; }
.head > :first-child { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 12px; }
.page .head { margin-bottom: 14px; }
h1 {
  font-size: clamp(1.75rem, 1.4rem + 1.6vw, 2.375rem);
  font-weight: 680;
  line-height: 1.15;
  letter-spacing: -0.025em;
}
.count {
  color: var(--soft);
  font-size: 0.9375rem;
  font-weight: 500;
  font-variant-numeric: tabular-nums;
  letter-spacing: 0;
}
.tools { display: flex; align-items: center; gap: 2px; margin-inline-start: auto; }
.panel .tools .name { display: none; }
.panel .tools button { width: 36px; padding: 0; }
.pill { display: inline-flex; align-items: center; gap: 8px; padding: 2px 6px; color: var(--soft); font-size: 0.875rem; white-space: nowrap; }
.dot { width: 8px; height: 8px; border-radius: 50%; background: var(--accent); }
[data-connection="retrying"] .dot, [data-connection="limited"] .dot { border: 2px solid var(--high); background: none; }
[data-connection="offline"] .dot { border-radius: 1px; background: var(--high); }

.tabs { display: flex; gap: 4px; margin-bottom: 22px; border-bottom: 1px solid var(--line); }
.tab { min-height: 40px; margin-bottom: -1px; padding: 8px 12px; border-width: 0 0 2px; border-radius: 8px 8px 0 0; color: var(--soft); }
.tab:hover { color: var(--ink); background: var(--line); }
.tab[aria-selected="true"] { border-color: var(--accent); color: var(--ink); font-weight: 650; }

.banner {
  display: flex;
  align-items: center;
  gap: 12px;
  margin-bottom: 20px;
  padding: 10px 10px 10px 16px;
  border: 1px solid color-mix(in srgb, var(--high) 30%, transparent);
  border-radius: var(--radius);
  background: var(--high-wash);
  font-size: 0.9375rem;
}
.banner p { flex: 1; text-wrap: pretty; }
.banner .icon { width: 20px; height: 20px; color: var(--high); }
.banner .quiet { flex: none; color: var(--high); }
.banner .quiet:hover { background: color-mix(in srgb, var(--high) 14%, transparent); }

/* --- Nothing to list */
.state { max-width: 30rem; margin: 8vh auto 0; padding: 0 20px; text-align: center; }
.panel .state { margin: 24px auto 32px; }
.state h2 { font-size: 1.25rem; font-weight: 650; letter-spacing: -0.015em; }
.state p { margin-top: 8px; color: var(--soft); text-wrap: pretty; }
.state button { margin-top: 20px; }
.art { width: 128px; height: 128px; margin-bottom: 6px; }
.panel .art { width: 96px; height: 96px; }
.art .fill { fill: var(--surface); }
.art .line { stroke: var(--edge); stroke-width: 2.5; }
.art .accent { stroke: var(--accent); stroke-width: 4.5; }
.ghosts { display: grid; gap: 12px; opacity: 0; animation: appear 300ms 200ms forwards; }
.panel .ghosts { padding: 14px; }
.ghosts i { height: 96px; border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); animation: breathe 1.8s ease-in-out infinite; }
.ghosts i:nth-child(2) { animation-delay: 150ms; }
.ghosts i:nth-child(3) { animation-delay: 300ms; }
@keyframes appear { to { opacity: 1; } }
@keyframes breathe { 50% { opacity: 0.5; } }

/* --- Settings */
.settings { max-width: 40rem; }
.panel .settings { padding: 4px 18px 18px; }
.settings > button { margin-inline-start: -13px; }
.settings h2 { margin: 10px 0 0; font-size: 1.25rem; font-weight: 650; }
.settings h3 { margin: 18px 0 6px; color: var(--soft); font-size: 0.875rem; font-weight: 600; }
.choices { border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); }
.choice { padding: 12px 16px; }
.choice + .choice { border-top: 1px solid var(--line); }
.choice label { display: flex; align-items: center; justify-content: space-between; gap: 16px; cursor: pointer; overflow-wrap: anywhere; }
.choice label span { min-width: 0; }
.hint { color: var(--soft); font-size: 0.875rem; }
.choice .trouble { margin-top: 4px; }
input {
  position: relative;
  flex: none;
  width: 40px;
  height: 24px;
  margin: 0;
  border: 2px solid var(--edge);
  border-radius: 12px;
  background: var(--surface);
  appearance: none;
  cursor: pointer;
}
input::before {
  position: absolute;
  top: 4px;
  left: 4px;
  width: 12px;
  height: 12px;
  border-radius: 50%;
  background: var(--edge);
  content: "";
  transition: transform 120ms;
}
input:checked { border-color: var(--accent); background: var(--accent); }
input:checked::before { background: var(--on-accent); transform: translateX(16px); }
input[aria-disabled="true"] { border-color: var(--edge); cursor: not-allowed; }
input[aria-disabled="true"]:checked { background: var(--edge); }
input[aria-disabled="true"]:checked::before { background: var(--surface); }
input:focus-visible { border-radius: 12px; }

@media (max-width: 699px) {
  .page .tools .name { display: none; }
  .page .tools button { width: 40px; padding: 0; }
  [data-connection="live"] .pill { display: none; }
  .banner { flex-wrap: wrap; padding-inline-end: 16px; }
  .banner p { flex: 1 1 200px; }
  button, .link { min-height: 40px; }
  .plain { min-height: 32px; }
}

@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation-duration: 1ms !important; animation-iteration-count: 1 !important; transition: none !important; }
}

@media (forced-colors: active) {
  .dot { background: CanvasText; forced-color-adjust: none; }
  .badge { border-color: CanvasText; }
  .tab { border-color: transparent; forced-color-adjust: none; color: ButtonText; }
  .tab[aria-selected="true"] { border-color: Highlight; color: Highlight; }
  input::before { background: ButtonText; forced-color-adjust: none; }
  input:checked { background: Highlight; forced-color-adjust: none; }
  input:checked::before { background: HighlightText; }
}
`;

/** @type {CSSStyleSheet} */
export const sheet = new CSSStyleSheet();
sheet.replaceSync(looks + listLooks);
