// Browser notifications (https://notifications.spec.whatwg.org): whether they are wanted, and showing them.

import { typeName } from "./notifi-labels.js";

/** What one person decided about popups in this browser. */
export class Popups {
    /** @param {string} key names the person; what is stored under it says nothing else */
    constructor(key) {
        this.key = key;
    }

    static get areSupported() {
        return window.isSecureContext && typeof Notification === "function"
            && typeof Notification.requestPermission === "function";
    }

    static get areDenied() { return Popups.areSupported && Notification.permission === "denied"; }

    get areOn() {
        return Popups.areSupported && Notification.permission === "granted" && this.#stored === "on";
    }

    /** Asks for permission; only to be called when somebody clicked. @returns {Promise<boolean>} whether they are on */
    async turnOn() {
        const permission = await Notification.requestPermission();
        if (permission === "granted") this.#stored = "on";
        return this.areOn;
    }

    turnOff() { this.#stored = "off"; }

    /**
     * Shows one popup for each; the tag keeps a second tab's from showing beside it.
     *
     * @param {import("./notifi-inbox.js").Notification[]} items
     * @param {import("./notifi-inbox.js").Labels} labels
     * @param {(item: import("./notifi-inbox.js").Notification) => void} clicked
     */
    show(items, labels, clicked) {
        for (const item of items) {
            const title = item.title || typeName(labels, item.event_type);
            let popup;
            try {
                popup = new Notification(title, { body: item.message, tag: item.id, lang: labels.locale });
            } catch {
                // Chromium on Android has the class, but lets only service workers show any.
                return this.turnOff();
            }
            popup.onclick = () => {
                popup.close();
                window.focus();
                clicked(item);
            };
        }
    }

    get #stored() {
        try {
            return localStorage.getItem(this.key);
        } catch {
            return null;
        }
    }

    set #stored(value) {
        try {
            localStorage.setItem(this.key, value);
        } catch {
            // Where nothing may be stored, popups stay off.
        }
    }
}
