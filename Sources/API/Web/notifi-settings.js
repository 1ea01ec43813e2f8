// The panel in which a person chooses what to get.

import { icon, make, showText } from "./notifi-dom.js";
import { phrase, reason, typeName } from "./notifi-labels.js";
import { Popups } from "./notifi-popups.js";

/** A switch with its name and what is to be said about it. */
class Switch {
    constructor(id, name, toggled) {
        this.input = make("input", {
            type: "checkbox", role: "switch", id, part: "switch", "aria-describedby": `${id}-hint ${id}-error`,
        });
        this.hint = make("p", { class: "hint", id: `${id}-hint` });
        this.error = make("p", { class: "trouble", id: `${id}-error` });
        this.node = make("li", { class: "choice" },
            make("label", { for: id }, make("span", {}, name), this.input), this.hint, this.error);
        this.input.addEventListener("click", (event) => {
            if (this.isLocked) event.preventDefault();
        });
        this.input.addEventListener("change", () => toggled(this.input.checked));
    }

    get isLocked() { return this.input.getAttribute("aria-disabled") === "true"; }

    set({ checked, locked, hint = "", error = "" }) {
        this.input.checked = checked;
        this.input.setAttribute("aria-disabled", String(locked));
        showText(this.hint, hint);
        showText(this.error, error);
    }
}

/** Fetched anew each time that it is opened. */
export class SettingsView {
    /** @type {Map<string, Switch>} */
    #switches = new Map();
    #client;

    /**
     * @param {{labels: import("./notifi-inbox.js").Labels, announce: (text: string) => void, back: () => void,
     *   learned: (preferences: import("./notifi-inbox.js").Preference[]) => void}} options
     */
    constructor({ labels, announce, back, learned }) {
        this.labels = labels;
        this.announce = announce;
        this.learned = learned;
        this.heading = make("h2", { tabindex: "-1", id: "settings-heading" }, labels.settings);
        this.types = make("ul", { role: "list", class: "choices", "aria-labelledby": "types-heading" });
        this.status = make("p", { class: "hint" }, labels.loading);
        this.error = make("p", { class: "trouble", hidden: true });
        this.retry = make("button", { type: "button", class: "outlined", hidden: true }, labels.retry);
        this.retry.addEventListener("click", () => this.#load());
        this.popups = new Switch("popups", labels.popups, (on) => this.#togglePopups(on));
        const backButton = make("button", { type: "button", class: "quiet", part: "button" }, icon("back"), labels.back);
        backButton.addEventListener("click", back);
        this.node = make("section", { class: "settings", part: "settings", "aria-labelledby": "settings-heading", hidden: true },
            backButton, this.heading,
            make("h3", { id: "types-heading" }, labels.whatToGet), this.status, this.error, this.retry, this.types,
            make("h3", { id: "device-heading" }, labels.onThisDevice),
            make("ul", { role: "list", class: "choices", "aria-labelledby": "device-heading" }, this.popups.node));
    }

    /** @param {import("./notifi-client.js").InboxClient} client @param {Popups} popups */
    open(client, popups) {
        this.#client = client;
        this.decision = popups;
        this.node.hidden = false;
        this.heading.focus();
        this.#drawPopups();
        this.#load();
    }

    close() { this.node.hidden = true; }

    get isOpen() { return !this.node.hidden; }

    async #load() {
        const client = this.#client;
        this.retry.hidden = true;
        this.error.hidden = true;
        showText(this.status, this.#switches.size === 0 ? this.labels.loading : "");
        try {
            const preferences = await client.changes.preferences();
            if (client === this.#client) this.#draw(preferences);
        } catch (failure) {
            if (client !== this.#client) return;
            showText(this.status, "");
            showText(this.error, reason(this.labels, failure));
            this.retry.hidden = false;
            this.announce(this.error.textContent);
        }
    }

    #draw(preferences) {
        this.learned(preferences);
        this.#switches = new Map();
        for (const { event_type: type, label, enabled, critical } of preferences) {
            const name = typeName(this.labels, type, new Map([[type, label]]));
            const one = new Switch(`type-${type}`, name, (on) => this.#toggle(type, on));
            one.input.dataset.eventType = type;
            one.set({ checked: enabled === true, locked: critical === true, hint: critical ? this.labels.locked : "" });
            this.#switches.set(type, one);
        }
        this.types.replaceChildren(...[...this.#switches.values()].map((one) => one.node));
        showText(this.status, this.#switches.size === 0 ? this.labels.noTypes : "");
    }

    async #toggle(type, on) {
        const one = this.#switches.get(type);
        one.set({ checked: on, locked: true });
        try {
            const preferences = await this.#client.changes.setPreference(type, on);
            const now = preferences.find((each) => each.event_type === type);
            one.set({ checked: now?.enabled ?? on, locked: false });
        } catch (failure) {
            const isCritical = failure.errors.some((each) => each?.code === "critical_event_type");
            const why = isCritical ? this.labels.locked : reason(this.labels, failure);
            const error = phrase(this.labels, this.labels.notDone, { reason: why });
            one.set({ checked: !on, locked: isCritical, error });
            this.announce(error);
        }
    }

    #drawPopups() {
        const { labels } = this;
        const hint = !Popups.areSupported ? labels.popupsUnsupported : Popups.areDenied ? labels.popupsDenied : "";
        this.popups.set({ checked: this.decision.areOn, locked: hint !== "", hint });
    }

    async #togglePopups(on) {
        if (on) await this.decision.turnOn();
        else this.decision.turnOff();
        this.#drawPopups();
        if (Popups.areDenied) this.announce(this.labels.popupsDenied);
    }
}
