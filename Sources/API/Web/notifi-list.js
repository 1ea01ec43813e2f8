// The list of notifications: keeps the elements of what stays, and the focus where it was.

import { make, place, setText } from "./notifi-dom.js";
import { ItemView } from "./notifi-item.js";

const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** Draws into `node`; by days on a page, in one go in a panel. */
export class ListView {
    /** @type {string[]} ids in the order in which they are shown */
    shown = [];
    /** Why something failed, by id. @type {Map<string, string>} */
    errors = new Map();
    /** @type {Map<string, ItemView>} */
    #items = new Map();
    #timer = 0;

    /** @param {{byDay: boolean, texts: import("./notifi-item.js").Texts, lost: () => void}} options `lost` is called
     *   where the focus was on something that is gone, with nothing beside it. */
    constructor({ byDay, texts, lost }) {
        this.byDay = byDay;
        this.texts = texts;
        this.lost = lost;
        this.node = make("div", { class: "list" });
    }

    /**
     * @param {import("./notifi-inbox.js").Notification[]} items
     * @param {Set<string>} [arrived] those that make an entrance
     */
    draw(items, arrived = new Set()) {
        const focused = this.#focused;
        const before = this.shown;
        const tops = new Map(before.map((id) => [id, this.#items.get(id).node.getBoundingClientRect().top]));
        this.shown = items.map((item) => item.id);
        const ids = new Set(this.shown);
        for (const id of this.#items.keys()) if (!ids.has(id)) this.#items.delete(id);
        for (const item of items) {
            const view = this.#items.get(item.id) ?? this.#newItem(item.id, arrived.has(item.id));
            view.fill(item, this.texts, this.errors.get(item.id) ?? "");
        }
        this.#placeAll(items);
        this.#slide(tops);
        if (focused !== null) this.#keepFocus(focused, before);
        this.#planTimes();
    }

    toggleMessage(id) { this.#items.get(id)?.toggleMessage(this.texts.labels); }

    focus(id, action = "archive") {
        this.#items.get(id)?.node.querySelector(`[data-action="${action}"]:not([hidden])`)?.focus();
    }

    stop() { clearTimeout(this.#timer); }

    /** Brings times and the days' names up to date without touching anything else. */
    updateTimes() {
        const { times } = this.texts;
        for (const item of this.#items.values()) item.updateTime(times);
        for (const day of this.node.querySelectorAll("[data-day]")) {
            setText(day.querySelector(".date"), times.dayLabel(day.dataset.day));
        }
        this.#planTimes();
    }

    /** At the moment when the first of them says something else. */
    #planTimes() {
        clearTimeout(this.#timer);
        if (this.#items.size === 0) return;
        const waits = [...this.#items.values()].map((item) => this.texts.times.untilChange(item.time.dateTime));
        this.#timer = setTimeout(() => this.updateTimes(), Math.min(...waits) + 10);
    }

    #newItem(id, isNew) {
        const view = new ItemView(id, this.texts);
        if (isNew) {
            view.node.classList.add("fresh");
            view.node.addEventListener("animationend", () => view.node.classList.remove("fresh"), { once: true });
        }
        this.#items.set(id, view);
        return view;
    }

    #placeAll(items) {
        const days = new Map();
        for (const item of items) {
            const day = this.byDay ? this.texts.times.dayKey(item.delivered_at) : "all";
            days.set(day, [...(days.get(day) ?? []), this.#items.get(item.id).node]);
        }
        const known = new Map([...this.node.children].map((section) => [section.dataset.day ?? "all", section]));
        place(this.node, [...days].map(([day, nodes]) => {
            const section = known.get(day) ?? (this.byDay ? this.#newDay(day) : make("ul", { role: "list" }));
            place(this.byDay ? section.querySelector("ul") : section, nodes);
            return section;
        }));
    }

    #newDay(day) {
        const label = this.texts.times.dayLabel(day);
        return make("section", { class: "day", "data-day": day, "aria-labelledby": `day-${day}` },
            make("h2", { id: `day-${day}`, class: "date" }, label), make("ul", { role: "list" }));
    }

    /** Which control of which item has the focus. */
    get #focused() {
        const element = this.node.getRootNode().activeElement;
        const item = element?.closest?.("[data-notification-id]");
        if (!item || !this.node.contains(item)) return null;
        return { element, id: item.dataset.notificationId, action: element.dataset.action };
    }

    #keepFocus({ element, id, action }, before) {
        if (this.#items.has(id)) {
            if (this.node.getRootNode().activeElement !== element) element.focus({ preventScroll: true });
            return;
        }
        const at = before.indexOf(id);
        const outwards = [...before.slice(at + 1), ...before.slice(0, at).reverse()];
        const neighbour = outwards.find((other) => this.#items.has(other));
        if (neighbour === undefined) this.lost();
        else this.focus(neighbour, action);
    }

    /** Lets what stays glide to its new place. */
    #slide(tops) {
        if (calm.matches || document.hidden || tops.size > 150) return;
        for (const [id, top] of tops) {
            const node = this.#items.get(id)?.node;
            const distance = node === undefined ? 0 : top - node.getBoundingClientRect().top;
            if (Math.abs(distance) < 1) continue;
            node.animate([{ transform: `translateY(${distance}px)` }, { transform: "none" }],
                { duration: 220, easing: "cubic-bezier(.2, 0, 0, 1)" });
        }
    }
}
