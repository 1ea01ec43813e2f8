// <notifi-inbox>: a bell with the unread count and a panel, or with mode="page" the inbox as a whole page.
// What it offers is described in notifi-inbox.d.ts.

import { Actions } from "./notifi-actions.js";
import { InboxClient } from "./notifi-client.js";
import { english, phrase, reason } from "./notifi-labels.js";
import { actionURL, follow } from "./notifi-links.js";
import { Popups } from "./notifi-popups.js";
import { Shell } from "./notifi-shell.js";
import { sheet } from "./notifi-style.js";

export class NotifiInbox extends HTMLElement {
    static observedAttributes = ["base-url", "mode"];

    #labels = english;
    #session;
    #getSession;
    /** @type {InboxClient | null} */
    #client = null;
    /** @type {Shell | null} */
    #shell = null;
    /** @type {Actions | null} */
    #actions = null;
    /** @type {import("./notifi-inbox.js").View} */
    #view = "unread";
    #isOpen = false;
    #told = { count: "", signedIn: undefined, trouble: "" };

    constructor() {
        super();
        this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
        // Set before the element was defined, they hide what is set here.
        for (const name of ["labels", "session", "getSession"]) {
            if (!Object.hasOwn(this, name)) continue;
            const value = this[name];
            delete this[name];
            this[name] = value;
        }
    }

    connectedCallback() { this.#build(); }

    disconnectedCallback() { this.#end(); }

    attributeChangedCallback(name, before, after) {
        if (this.isConnected && this.#shell !== null && before !== after) this.#build();
    }

    // --- What a page may set and ask

    get mode() { return this.getAttribute("mode") === "page" ? "page" : "bell"; }
    set mode(mode) { this.setAttribute("mode", mode); }

    get baseURL() { return this.getAttribute("base-url") ?? ""; }
    set baseURL(url) { this.setAttribute("base-url", url); }

    get labels() { return this.#labels; }
    set labels(labels) {
        this.#labels = { ...english, ...labels };
        if (this.isConnected) this.#build();
    }

    get session() { return this.#session; }
    set session(session) {
        this.#session = session;
        if (this.isConnected) this.#build();
    }

    get getSession() { return this.#getSession; }
    set getSession(getSession) {
        this.#getSession = getSession;
        if (this.isConnected) this.#build();
    }

    /** @returns {{unread: number, unseen: number}} */
    get counts() { return this.#client?.store.counts ?? { unread: 0, unseen: 0 }; }

    open() {
        if (this.mode === "bell" && !this.#isOpen) this.#shell?.setOpen(true);
    }

    close() {
        if (this.mode === "bell" && this.#isOpen) this.#shell?.setOpen(false);
    }

    refresh() { this.#client?.refresh(); }

    async signIn(token) { await this.#client?.signIn(token); }

    async signOut() { await this.#client?.signOut(); }

    // --- Parts

    #build() {
        this.#end();
        const page = this.mode === "page";
        const client = new InboxClient({
            base: new URL(this.baseURL || "/", location.href), session: this.#session ?? undefined,
            getSession: this.#getSession ?? undefined,
        });
        this.#client = client;
        this.#told = { count: "", signedIn: undefined, trouble: "" };
        this.#shell = new Shell({ page, labels: this.#labels, now: () => client.now() });
        this.#actions = new Actions(client, this.#shell, this.#labels, () => this.#draw());
        this.#shell.listen({
            view: (view) => this.#setView(view),
            item: (action, id, event) => this.#act(action, id, event),
            markAll: () => this.#actions.markAllRead(this.#items),
            more: () => this.#actions.showMore(),
            retry: () => client.refresh(),
            opened: (isOpen) => this.#opened(isOpen),
            settings: () => this.#shell.settings.open(client, this.#popups),
        });
        this.shadowRoot.replaceChildren(...this.#shell.nodes);
        this.#isOpen = page;
        client.addEventListener("change", () => this.#draw());
        client.addEventListener("arrived", (event) => this.#arrived(event.detail));
        this.#shell.chooseView(this.#view);
        client.show(page ? this.#view : null);
        this.#draw();
        client.start();
    }

    #end() {
        this.#shell?.end();
        this.#client?.stop();
        this.#client = null;
    }

    get #popups() { return new Popups(`${this.#client.name} popups`); }

    // --- Drawing

    get #state() {
        const { session, store, trouble, lists } = this.#client;
        if (session === "out") return "signed-out";
        if (!store.isLoaded(this.#view)) return (lists.trouble ?? trouble) !== null ? "error" : "loading";
        return this.#items.length > 0 || store.next(this.#view) !== null ? "ready" : "empty";
    }

    get #items() { return this.#client.store.items(this.#view); }

    get #connection() {
        const { session, trouble } = this.#client;
        if (session === "out") return "none";
        if (trouble === null) return session === "unknown" ? "connecting" : "live";
        if (trouble.status === 0 && !navigator.onLine) return "offline";
        return trouble.status === 429 ? "limited" : "retrying";
    }

    #draw(arrived) {
        if (this.#client === null) return;
        const { counts } = this;
        const client = this.#client;
        const state = this.#state;
        const failure = client.lists.trouble ?? client.trouble;
        const why = failure === null ? "" : reason(this.#labels, failure);
        this.#shell.draw({
            state, counts, arrived, view: this.#view, connection: this.#connection, why,
            items: state === "signed-out" ? [] : this.#items, hasMore: client.store.next(this.#view) !== null,
            isSignedIn: client.session === "in", isOpen: this.#isOpen,
        });
        this.#tell(state, counts, why);
        this.#markSeen();
    }

    /** Says what became different: to the page by events, and to who cannot see it. */
    #tell(state, counts, why) {
        const count = JSON.stringify(counts);
        if (count !== this.#told.count) this.#dispatch("notifi-count", counts);
        const signedIn = { unknown: undefined, in: true, out: false }[this.#client.session];
        if (signedIn !== undefined && signedIn !== this.#told.signedIn) {
            if (!signedIn) this.#shell.announce(this.#labels.signedOut);
            this.#shell.setEnded(this.#told.signedIn === true);
            this.#dispatch("notifi-session", { signedIn });
        }
        if (why !== this.#told.trouble && state !== "signed-out") {
            this.#shell.announce(why === "" ? this.#labels.connectedAgain : why);
        }
        this.#told = { count, signedIn: signedIn ?? this.#told.signedIn, trouble: why };
    }

    #arrived(items) {
        const title = items[0].title || items[0].message.slice(0, 120);
        this.#shell.announce(phrase(this.#labels, this.#labels.arrived, { count: items.length, title }));
        this.#draw(new Set(items.map((item) => item.id)));
        this.#dispatch("notifi-arrived", { notifications: items });
        const isLookedAt = !document.hidden && document.hasFocus();
        if (!this.#client.leads || isLookedAt || !this.#popups.areOn) return;
        this.#popups.show(items, this.#labels, (item) => this.#open(item));
    }

    /** What is shown counts as seen. */
    #markSeen() {
        const isShown = this.#isOpen && !document.hidden && this.#state === "ready" && !this.#shell.settings.isOpen;
        if (isShown) this.#actions.markSeen(this.#items);
    }

    // --- What a person does

    #setView(view) {
        this.#view = view;
        this.#shell.chooseView(view);
        this.#client.show(view);
        this.#draw();
    }

    #opened(isOpen) {
        if (this.#client === null) return;
        this.#isOpen = isOpen;
        this.#client.show(isOpen ? this.#view : null);
        this.#draw();
        this.#dispatch("notifi-panel", { open: isOpen });
    }

    #act(action, id, event) {
        const item = this.#client.store.find(id);
        if (item === undefined) return;
        switch (action) {
        case "read":
            return this.#actions.toggleRead(item);
        case "archive":
            return this.#actions.toggleArchived(item);
        case "expand":
            return this.#shell.list.toggleMessage(id);
        case "open":
            if (this.#mayOpen(item)) this.#markOpened(item);
            else event.preventDefault();
        }
    }

    /** A popup was clicked. */
    #open(item) {
        const url = actionURL(item.action_url);
        if (url !== null && !this.#mayOpen(item)) return;
        this.#markOpened(item);
        if (url !== null) follow(url);
        else this.open();
    }

    /** Whether the page leaves it to this element to follow the action. */
    #mayOpen(item) {
        return this.#dispatch("notifi-open", { notification: item, url: actionURL(item.action_url)?.href }, true);
    }

    #markOpened(item) {
        if (item.read_at === null) this.#actions.toggleRead(item);
    }

    #dispatch(type, detail, cancelable = false) {
        return this.dispatchEvent(new CustomEvent(type, { detail, cancelable, bubbles: true, composed: true }));
    }
}

if (customElements.get("notifi-inbox") === undefined) customElements.define("notifi-inbox", NotifiInbox);
