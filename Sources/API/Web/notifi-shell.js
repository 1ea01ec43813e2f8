// What stands around the list: bell, heading, tabs, states, settings. It draws what it is told and decides nothing.

import { icon, make, setText, showText } from "./notifi-dom.js";
import { capped, phrase } from "./notifi-labels.js";
import { ListView } from "./notifi-list.js";
import { SettingsView } from "./notifi-settings.js";
import { views } from "./notifi-store.js";
import { Times } from "./notifi-times.js";

const button = (name, attributes, ...children) => make(
    "button", { type: "button", class: name, part: "button", ...attributes }, ...children);

/**
 * @typedef {{view: (view: string) => void, item: (action: string, id: string, event: Event) => void,
 *   markAll: () => void, more: () => void, retry: () => void, opened: (isOpen: boolean) => void,
 *   settings: () => void}} Handlers
 */
export class Shell {
    #ending = new AbortController();

    /** @param {{page: boolean, labels: import("./notifi-inbox.js").Labels, now: () => number}} options */
    constructor({ page, labels, now }) {
        this.page = page;
        this.labels = labels;
        const texts = { labels, times: new Times(labels, now), types: new Map() };
        this.list = new ListView({ byDay: page, texts, lost: () => this.heading.focus() });
        this.settings = new SettingsView({
            labels, announce: (text) => this.announce(text), back: () => this.#closeSettings(),
            learned: (preferences) => {
                texts.types = new Map(preferences.map((each) => [each.event_type, each.label]));
            },
        });
        this.#makeHead();
        this.#makeInbox();
        this.announcer = make("div", { class: "unseen", role: "status", "aria-live": "polite", "aria-atomic": "false" });
        this.root = make("div", { class: page ? "root page" : "root panel", part: "panel" },
            this.head, this.banner, this.notice, this.inbox, this.signedOut.node, this.settings.node);
        if (!page) this.#makeBell();
    }

    get nodes() { return this.page ? [this.root, this.announcer] : [this.bell, this.root, this.announcer]; }

    // --- Making

    #makeBell() {
        this.badge = make("span", { class: "badge", part: "badge", "aria-hidden": "true", hidden: true });
        this.bell = make("button", {
            type: "button", class: "bell", part: "bell", "aria-haspopup": "dialog", "aria-expanded": "false",
            "aria-controls": "panel",
        }, icon("bell"), this.badge);
        for (const [name, value] of Object.entries({
            id: "panel", role: "dialog", "aria-labelledby": "heading", popover: "auto",
        })) this.root.setAttribute(name, value);
        // The browser opens and closes it, on Escape and on a click beside it as well.
        this.bell.popoverTargetElement = this.root;
    }

    #makeHead() {
        const { labels, page } = this;
        this.count = make("span", { class: "count", part: "count", hidden: true });
        this.heading = make(page ? "h1" : "h2", { id: "heading", tabindex: "-1", part: "heading" }, labels.heading, this.count);
        this.connectionText = make("span");
        this.connection = make("p", { class: "pill" }, make("span", { class: "dot", "aria-hidden": "true" }), this.connectionText);
        this.markAll = button("quiet", { "data-action": "mark-all", title: labels.markAllRead },
            icon("check"), make("span", { class: "name" }, labels.markAllRead));
        this.settingsButton = button("quiet only", {
            "data-action": "settings", title: labels.settings, "aria-label": labels.settings, "aria-expanded": "false",
        }, icon("sliders"));
        this.closeButton = button("quiet only", { "data-action": "close", title: labels.close, "aria-label": labels.close }, icon("close"));
        this.tools = make("div", { class: "tools" }, this.connection, this.markAll, this.settingsButton);
        if (!page) this.tools.append(this.closeButton);
        this.head = make("div", { class: "head", part: "header" }, this.heading, this.tools);
        this.bannerText = make("p");
        this.bannerRetry = button("quiet", { "data-action": "retry" }, labels.retry);
        this.banner = make("div", { class: "banner", part: "banner", hidden: true }, icon("cloud"), this.bannerText, this.bannerRetry);
        this.notice = make("p", { class: "trouble notice", part: "error", hidden: true });
    }

    #makeInbox() {
        const { labels } = this;
        this.tabs = new Map(views.map((view) => [view, make("button", {
            type: "button", role: "tab", id: `tab-${view}`, class: "tab", part: "tab", "aria-controls": "view", "data-view": view,
        }, labels[view])]));
        const tablist = make("div", { role: "tablist", class: "tabs", part: "tabs", "aria-label": labels.views }, ...this.tabs.values());
        this.loading = make("div", { class: "loading" }, make("p", { class: "unseen" }, labels.loading),
            make("div", { class: "ghosts", "aria-hidden": "true" }, make("i"), make("i"), make("i")));
        this.empty = this.#makePanel("tray");
        this.failed = this.#makePanel("storm", button("outlined", { "data-action": "retry" }, labels.retry));
        this.signedOut = this.#makePanel("lock");
        this.moreButton = button("outlined", { "data-action": "more" }, labels.more);
        this.more = make("p", { class: "more" }, this.moreButton);
        this.view = make("div", { role: "tabpanel", id: "view", class: "view", tabindex: "0" },
            this.list.node, this.more, this.loading, this.empty.node, this.failed.node);
        this.inbox = make("div", { class: "inbox" }, tablist, this.view);
        setText(this.failed.title, labels.failed);
    }

    #makePanel(art, ...below) {
        const title = make("h2");
        const text = make("p");
        return { title, text, node: make("div", { class: "state", hidden: true }, icon(art, "art"), title, text, ...below) };
    }

    // --- Listening

    /** @param {Handlers} handlers */
    listen(handlers) {
        const { signal } = this.#ending;
        const clicked = {
            "mark-all": handlers.markAll, more: handlers.more, retry: handlers.retry,
            close: () => this.setOpen(false),
            settings: () => this.settings.isOpen ? this.#closeSettings() : this.#openSettings(handlers),
        };
        this.root.addEventListener("click", (event) => {
            const control = event.target.closest("[data-action], [data-view]");
            if (!control || control.getAttribute("aria-disabled") === "true") return;
            const { action, view } = control.dataset;
            const item = control.closest("[data-notification-id]");
            if (view !== undefined) handlers.view(view);
            else if (item) handlers.item(action, item.dataset.notificationId, event);
            else clicked[action]?.();
        });
        // A middle click opens it as well.
        this.root.addEventListener("auxclick", (event) => {
            const link = event.target.closest('[data-action="open"]');
            if (link && event.button === 1) {
                handlers.item("open", link.closest("[data-notification-id]").dataset.notificationId, event);
            }
        });
        this.inbox.querySelector('[role="tablist"]').addEventListener("keydown", (event) => this.#moveTab(event, handlers));
        document.addEventListener("visibilitychange", () => document.hidden || this.list.updateTimes(), { signal });
        if (this.page) return;
        this.root.addEventListener("beforetoggle", (event) => {
            if (event.newState === "open") requestAnimationFrame(() => this.#position());
            else this.#hadFocus = this.root.contains(this.root.getRootNode().activeElement);
        });
        this.root.addEventListener("toggle", (event) => {
            const isOpen = event.newState === "open";
            if (isOpen) this.heading.focus({ preventScroll: true });
            else this.#closed();
            handlers.opened(isOpen);
        });
        for (const event of ["resize", "scroll"]) {
            window.addEventListener(event, () => this.#position(), { signal, passive: true, capture: true });
        }
    }

    #hadFocus = false;

    #closed() {
        if (this.settings.isOpen) this.#closeSettings();
        if (this.#hadFocus) this.bell.focus();
    }

    end() {
        this.#ending.abort();
        this.list.stop();
    }

    /** Tabs by the ARIA Authoring Practices: one stop for the Tab key, arrows between them. */
    #moveTab(event, handlers) {
        const at = views.indexOf(event.target.dataset.view);
        const isLTR = getComputedStyle(this.root).direction === "ltr";
        const steps = { ArrowRight: isLTR ? 1 : -1, ArrowLeft: isLTR ? -1 : 1 };
        const places = { Home: 0, End: views.length - 1 };
        const step = steps[event.key];
        const to = step === undefined ? places[event.key] : (at + step + views.length) % views.length;
        if (to === undefined || at < 0) return;
        event.preventDefault();
        handlers.view(views[to]);
        this.tabs.get(views[to]).focus();
    }

    #openSettings(handlers) {
        this.inbox.hidden = true;
        this.settingsButton.setAttribute("aria-expanded", "true");
        handlers.settings();
    }

    #closeSettings() {
        this.settings.close();
        this.inbox.hidden = false;
        this.settingsButton.setAttribute("aria-expanded", "false");
        this.settingsButton.focus();
    }

    // --- Drawing

    chooseView(view) {
        for (const [name, tab] of this.tabs) {
            tab.setAttribute("aria-selected", String(name === view));
            tab.tabIndex = name === view ? 0 : -1;
        }
        this.view.setAttribute("aria-labelledby", `tab-${view}`);
        this.notice.hidden = true;
        this.view.scrollTop = 0;
    }

    draw({ state, view, counts, items, hasMore, connection, why, isSignedIn, isOpen, arrived }) {
        const { labels } = this;
        const { unread } = counts;
        const focused = this.root.getRootNode().activeElement;
        const showsCount = isSignedIn && unread > 0;
        Object.assign(this.root.dataset, { state, view, connection, unread: String(unread) });
        this.root.setAttribute("aria-busy", String(state === "loading"));
        showText(this.count, showsCount ? phrase(labels, labels.unreadCount, { count: capped(unread) }) : "");
        if (!this.page) this.#drawBell(counts, isSignedIn, isOpen);
        this.list.draw(items, arrived);
        this.list.node.hidden = state !== "ready";
        this.more.hidden = state !== "ready" || !hasMore;
        this.loading.hidden = state !== "loading";
        this.empty.node.hidden = state !== "empty";
        this.failed.node.hidden = state !== "error";
        this.signedOut.node.hidden = state !== "signed-out";
        if (state === "signed-out") this.settings.close();
        this.inbox.hidden = state === "signed-out" || this.settings.isOpen;
        this.settingsButton.hidden = !isSignedIn;
        this.markAll.hidden = !showsCount || state !== "ready" || view === "archived" || this.settings.isOpen;
        const name = view[0].toUpperCase() + view.slice(1);
        setText(this.empty.title, labels[`empty${name}`]);
        setText(this.empty.text, labels[`empty${name}Hint`]);
        setText(this.failed.text, `${why} ${labels.retrying}`);
        this.#drawConnection(connection);
        const isShown = state === "ready" || state === "empty";
        this.banner.hidden = why === "" || !isShown;
        setText(this.bannerText, [why, items.length > 0 ? labels.kept : "", labels.retrying].filter(Boolean).join(" "));
        // A button that did its work may be gone with it.
        if (focused !== null && focused.isConnected && !focused.checkVisibility()) this.heading.focus();
    }

    #drawBell({ unread, unseen }, isSignedIn, isOpen) {
        const { labels } = this;
        const count = capped(unread);
        showText(this.badge, isSignedIn && unread > 0 ? count : "");
        this.badge.classList.toggle("news", unseen > 0);
        this.bell.setAttribute("aria-expanded", String(isOpen));
        this.bell.setAttribute("aria-label", unread > 0 && isSignedIn
            ? phrase(labels, labels.bellUnread, { count }) : labels.bell);
        this.bell.title = this.bell.getAttribute("aria-label");
    }

    #drawConnection(connection) {
        const { labels } = this;
        const text = {
            live: labels.connected, offline: labels.isOffline, retrying: labels.reconnecting, limited: labels.isLimited,
        }[connection] ?? "";
        this.connection.hidden = text === "" || (!this.page && connection === "live");
        setText(this.connectionText, text);
    }

    /** Whether the person had been signed in before. */
    setEnded(hasEnded) {
        setText(this.signedOut.title, hasEnded ? this.labels.sessionEnded : this.labels.signedOut);
        setText(this.signedOut.text, this.labels.signInHint);
    }

    setLoadingMore(isLoading) {
        this.moreButton.setAttribute("aria-disabled", String(isLoading));
        setText(this.moreButton, isLoading ? this.labels.loadingMore : this.labels.more);
    }

    /** Why something that concerns more than one notification failed; nothing takes it away. */
    showNotice(text) {
        showText(this.notice, text);
        if (text !== "") this.announce(text);
    }

    setOpen(isOpen) {
        if (isOpen) this.root.showPopover();
        else this.root.hidePopover();
    }

    /** Below the bell, as far as it fits into the window. */
    #position() {
        if (this.page || !this.root.matches(":popover-open")) return;
        const bell = this.bell.getBoundingClientRect();
        const { offsetWidth: width } = this.root;
        const left = getComputedStyle(this.bell).direction === "ltr" ? bell.right - width : bell.left;
        const limit = document.documentElement.clientWidth - width - 8;
        this.root.style.setProperty("--left", `${Math.max(8, Math.min(limit, left))}px`);
        this.root.style.setProperty("--top", `${Math.max(8, bell.bottom + 8)}px`);
    }

    /** Each sentence is a paragraph of its own, so that two in a row are both read out. */
    announce(text) {
        this.announcer.append(make("p", {}, text));
        while (this.announcer.childElementCount > 4) this.announcer.firstElementChild.remove();
    }
}
