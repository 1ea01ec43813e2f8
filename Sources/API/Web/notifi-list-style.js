// The looks of the list and of a notification in it; the colours are those of notifi-style.js.

export const listLooks = `
/* --- Days */
.day { margin-bottom: 28px; }
.date { margin: 0 0 10px 4px; color: var(--soft); font-size: 0.8125rem; font-weight: 600; line-height: 1.4; }
.day ul {
  border: 1px solid var(--line);
  border-radius: var(--radius);
  background: var(--surface);
  box-shadow: 0 8px 24px -12px var(--shade);
}

/* --- One notification */
.item {
  position: relative;
  display: grid;
  grid-template-columns: 24px minmax(0, 1fr) auto;
  gap: 4px 14px;
  padding: 18px 18px 18px 16px;
  background: var(--surface);
}
.item + .item { border-top: 1px solid var(--line); }
.item:first-child { border-start-start-radius: var(--radius); border-start-end-radius: var(--radius); }
.item:last-child { border-end-start-radius: var(--radius); border-end-end-radius: var(--radius); }
.item[data-priority="critical"]::before {
  position: absolute;
  inset: 16px auto 16px 0;
  width: 3px;
  border-radius: 0 3px 3px 0;
  background: var(--critical);
  content: "";
}
.panel .item { grid-template-columns: 20px minmax(0, 1fr); gap: 4px 10px; padding: 14px 16px 10px 14px; border-radius: 0; }
.panel .item:first-child { border-top: 0; }
.panel .symbol { width: 20px; height: 20px; }
.panel .message { font-size: 0.9375rem; line-height: 1.5; }

.symbol { width: 22px; height: 22px; margin-top: 1px; color: var(--accent); }
.solid { fill: currentcolor; stroke: currentcolor; stroke-width: 1.5; }
.cut { stroke: var(--surface); stroke-width: 2.2; }
[data-priority="critical"] .symbol, [data-priority="critical"] .priority { color: var(--critical); }
[data-priority="high"] .symbol, [data-priority="high"] .priority { color: var(--high); }
[data-priority="low"] .symbol, [data-priority="low"] .priority { color: var(--soft); }

.text { min-width: 0; }
.title { font-size: 1.0313rem; font-weight: 500; line-height: 1.4; letter-spacing: -0.008em; overflow-wrap: anywhere; }
[data-unread="true"] .title { font-weight: 680; }
[data-unread="false"] .symbol:not(:has(.cut)) { opacity: 0.45; }
.meta {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0 8px;
  color: var(--soft);
  font-size: 0.8438rem;
  line-height: 1.6;
}
.meta > :not(.unseen) { display: inline-flex; align-items: center; gap: 4px; min-width: 0; overflow-wrap: anywhere; }
.meta > :not([hidden], .unseen):has(~ :not([hidden]))::after { content: "·"; margin-left: 4px; color: var(--soft); font-weight: 400; }
.meta time { font-variant-numeric: tabular-nums; }
.priority { font-weight: 650; }
.message { max-width: 68ch; margin-top: 6px; white-space: pre-wrap; overflow-wrap: anywhere; text-wrap: pretty; }
.clamped .message {
  display: -webkit-box;
  overflow: hidden;
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 5;
  line-clamp: 5;
}
.trouble { margin-top: 8px; color: var(--critical); font-size: 0.875rem; font-weight: 550; }
.trouble::before { content: "! "; font-weight: 700; }
.action { display: flex; margin: 4px 0 -4px -11px; }
.buttons { display: flex; align-self: start; gap: 6px; }
.buttons [data-action="archive"] { width: 36px; padding: 0; border-color: transparent; background: none; color: var(--soft); }
.buttons [data-action="archive"]:hover { background: var(--line); color: var(--ink); }
.buttons [data-action="archive"] .name { display: none; }
[data-view="archived"] .buttons [data-action="archive"] { width: auto; padding: 6px 13px; border-color: var(--edge); background: var(--surface); color: inherit; }
[data-view="archived"] .buttons [data-action="archive"] .name { display: inline; }
.panel .buttons { grid-column: 2; margin-inline-start: -9px; }
.panel .buttons button { min-height: 32px; padding: 4px 9px; border-color: transparent; background: none; color: var(--soft); font-size: 0.8438rem; }
.panel .buttons button:hover { background: var(--line); color: var(--ink); }
.panel .buttons [data-action="archive"] { width: auto; }
.panel .buttons .name { display: inline; }
.panel .buttons [data-action="archive"] .name { display: inline; }
.more { display: flex; align-items: center; gap: 14px; flex-wrap: wrap; }
.notice { margin: 0 0 16px; }

.fresh { animation: arrive 1.6s ease-out; }
@keyframes arrive {
  0% { opacity: 0; background: var(--accent-wash); }
  15% { opacity: 1; background: var(--accent-wash); }
  100% { background: var(--surface); }
}

@media (min-width: 960px) {
  .day { display: grid; grid-template-columns: 136px minmax(0, 1fr); gap: 0 24px; }
  .day .date { position: sticky; top: 20px; align-self: start; margin: 20px 0 0; font-size: 0.875rem; }
  .page .more, .page .banner, .page .notice { margin-inline-start: 160px; }
}

@media (max-width: 699px) {
  .page .item { grid-template-columns: 22px minmax(0, 1fr); gap: 10px 10px; padding: 16px 14px 14px 12px; }
  .page .symbol { width: 20px; height: 20px; }
  .page .buttons { grid-column: 2; }
}

@media (forced-colors: active) {
  .cut { stroke: Canvas; }
  .link { text-decoration: underline; }
}
`;
