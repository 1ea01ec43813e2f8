// One person's inbox in one tab: asks the server, or is told by the tab that does, and sends what the person changes.

import { readETag } from "./notifi-answers.js";
import { clock, Pace } from "./notifi-pace.js";
import { Person } from "./notifi-person.js";
import { Failure } from "./notifi-requests.js";
import { TabGroup } from "./notifi-tabs.js";

/** Younger than this, what is known is new enough for somebody who comes back. In milliseconds. */
const fresh = 1_000;

/**
 * Its events: `change` whenever something else is to be shown, `arrived` with the new notifications as `detail`.
 *
 * @typedef {import("./notifi-inbox.js").View} View
 * @typedef {{base: URL, session?: string, getSession?: () => Promise<string | undefined>}} ClientOptions
 */
export class InboxClient extends EventTarget {
    /** @type {"unknown" | "in" | "out"} */
    session = "unknown";
    /** Why the newest poll, by whichever tab, brought nothing. @type {Failure | null} */
    trouble = null;
    /** When the server last answered. */
    checkedAt = 0;

    #options;
    /** @type {Person} */
    #person;
    #pace;
    #life = new AbortController();
    #timer = 0;
    #isPolling = false;
    #isSigningIn = false;
    #user = null;
    /** @type {TabGroup | null} */
    #group = null;
    /** Tells the other tabs of this browser that the cookie may be somebody else's now. @type {BroadcastChannel | null} */
    #cookies = null;

    /** @param {ClientOptions} options */
    constructor(options) {
        super();
        this.#options = options;
        this.#beginAnew();
    }

    get store() { return this.#person.store; }

    get lists() { return this.#person.lists; }

    get changes() { return this.#person.changes; }

    // --- Life

    start() {
        const { signal } = this.#life;
        const back = () => this.#comeBack();
        document.addEventListener("visibilitychange", () => document.hidden ? this.#hide() : back(), { signal });
        window.addEventListener("focus", back, { signal });
        window.addEventListener("online", back, { signal });
        window.addEventListener("offline", () => this.#failed(new Failure(0)), { signal });
        // A page that is kept for the back button must neither lead nor hold a lock.
        window.addEventListener("pagehide", () => this.#leave(), { signal });
        window.addEventListener("pageshow", (event) => event.persisted && this.#begin(), { signal });
        this.#begin();
    }

    stop() {
        this.#life.abort();
        this.#leave();
        this.#person.requests.end();
    }

    /** Forgets the person, and finds out who it is now. */
    restart() {
        this.#forget();
        this.session = "unknown";
        this.#changed();
        this.#poll();
    }

    /** Nothing is known of anybody. */
    #beginAnew() {
        const before = this.#person;
        const isCurrent = () => this.#person === person;
        const person = new Person(this.#options, {
            changed: () => isCurrent() && this.#changed(),
            tell: (message) => isCurrent() && this.#group?.post(message),
            noted: (failure) => isCurrent() ? this.#noted(failure) : failure,
        });
        person.lists.shown = before?.lists.shown ?? null;
        this.#person = person;
        this.trouble = null;
        this.#pace = new Pace();
        this.#user = null;
        this.#isPolling = false;
        this.#isSigningIn = false;
    }

    #begin() {
        if (this.#person.requests.usesCookie && typeof BroadcastChannel === "function") {
            this.#cookies = new BroadcastChannel(`notifi ${this.#options.base.href}`);
            this.#cookies.onmessage = () => this.restart();
        }
        this.#poll();
    }

    #leave() {
        clearTimeout(this.#timer);
        this.#group?.leave();
        this.#group = null;
        this.#cookies?.close();
        this.#cookies = null;
    }

    #forget() {
        clearTimeout(this.#timer);
        this.#group?.leave();
        this.#group = null;
        this.#person.requests.end();
        this.#beginAnew();
    }

    // --- Polling

    /** Whether this tab is the one that polls, as the only one that may show a popup. */
    get leads() { return this.#group?.leads ?? false; }

    /** What tells this person's inbox from every other in this browser. */
    get name() { return `notifi ${this.#options.base.href} ${this.#user}`; }

    now() { return Date.now() + this.#person.requests.clockSkew; }

    /** Asks at once, or as soon as the server allows. */
    refresh() {
        if (this.session === "out") return this.restart();
        // Whoever asks for it looks at this tab.
        this.#group?.claim();
        this.#poll();
        this.#refreshList();
    }

    #comeBack() {
        if (this.session === "out" || this.#life.signal.aborted) return;
        this.#group?.claim();
        if (this.trouble !== null || Date.now() - this.checkedAt > fresh) this.#poll();
        else this.#plan();
        this.#refreshList();
    }

    /** The next poll, counted from the last one of whichever tab. */
    #plan() {
        if (this.#group !== null && !this.leads) return;
        this.#schedule(Math.max(0, this.checkedAt + this.#pace.delay(document.hidden) - Date.now()));
    }

    /** A tab that is seen goes before this one. */
    #hide() {
        if (this.leads) this.#group.post({ kind: "hidden" });
    }

    #schedule(delay) {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#poll(), delay);
    }

    async #poll() {
        clearTimeout(this.#timer);
        if (this.#isPolling || this.#isSigningIn || this.session === "out" || this.#life.signal.aborted) return;
        const wait = this.#pace.notBefore - Date.now();
        if (wait > 0) return this.#schedule(wait);
        const person = this.#person;
        this.#isPolling = true;
        try {
            const news = await person.look(clock());
            if (person !== this.#person) return;
            this.#isPolling = false;
            this.#answered(news);
            this.#group?.post({ kind: "poll", news });
        } catch (failure) {
            if (person !== this.#person) return;
            this.#isPolling = false;
            this.#failed(failure);
        }
        if (this.session !== "out" && (this.#group === null || this.leads)) {
            this.#schedule(this.#pace.delay(document.hidden));
        }
    }

    #answered(news) {
        const { user, version } = readETag(news.etag);
        if (this.#user !== null && user !== this.#user) {
            // The cookie is another person's now: nothing of the one before stays.
            this.#cookies?.postMessage("changed");
            return this.restart();
        }
        if (this.#group === null) this.#join(user);
        this.session = "in";
        this.#pace.succeeded(news.interval);
        this.checkedAt = Date.now();
        this.trouble = null;
        const arrived = news.page === undefined ? []
            : this.store.applyPoll({ ...news, version: version ?? news.page.items[0]?.seq ?? 0 });
        if (arrived.length > 0) this.dispatchEvent(new CustomEvent("arrived", { detail: arrived }));
        this.#changed();
        this.#refreshList();
    }

    #failed(failure) {
        if (!(failure instanceof Failure)) {
            console.error(failure);
            failure = new Failure(500);
        }
        if (failure.status === 401) return this.#signedOut();
        this.#pace.failed(failure.retryAfter);
        this.trouble = failure;
        const { status, code, detail, retryAfter } = failure;
        if (this.leads) this.#group.post({ kind: "trouble", status, problem: { code, detail, retryAfter } });
        this.#changed();
    }

    // --- The other tabs

    /** @param {string | null} user as the server's tags name the person; without it nothing is shared */
    #join(user) {
        this.#user = user;
        if (user === null) return;
        this.#group = new TabGroup(this.name, {
            message: (message) => this.#told(message),
            lead: () => this.trouble === null ? this.#plan() : this.#poll(),
            follow: () => clearTimeout(this.#timer),
        });
    }

    #told(message) {
        switch (message.kind) {
        case "poll":
            // Without locks each tab leads, and waits after another's poll as after its own.
            if (!TabGroup.hasLocks) this.#schedule(this.#pace.delay(document.hidden) * 1.2);
            // What was left out, since nothing had changed, is not known here: it is asked for.
            if (message.news.page === undefined && message.news.etag !== this.store.etag) return this.#poll();
            return this.#answered(message.news);
        case "trouble":
            this.#pace.failed(message.problem.retryAfter);
            this.trouble = new Failure(message.status, message.problem);
            return this.#changed();
        case "mark":
        case "settled":
        case "withdrawn":
            this.changes.take(message);
            return this.#changed();
        case "hidden":
            return document.hidden ? undefined : this.#group.claim();
        case "signed out":
            return this.#signedOut(false);
        }
    }

    #changed() { this.dispatchEvent(new Event("change")); }

    // --- What is looked at, and what is changed

    /** Which list is looked at, so that it is kept up to date; `null` where none is. @param {View | null} view */
    show(view) {
        this.lists.shown = view;
        this.lists.trouble = null;
        this.#refreshList();
    }

    #refreshList() {
        if (this.session === "in") this.lists.refresh();
    }

    /** A failure as it is shown; one that means the end of the session ends it. */
    #noted(failure) {
        if (failure.status === 401) this.#signedOut();
        if (failure.retryAfter > 0) this.#pace.notBefore = Date.now() + failure.retryAfter * 1000;
        return failure instanceof Failure ? failure : new Failure(500);
    }

    // --- The session

    /** Turns a bearer token into the cookie of the API's own site. */
    async signIn(token) {
        this.#forget();
        const person = this.#person;
        this.session = "unknown";
        this.#isSigningIn = true;
        this.#changed();
        try {
            await person.requests.send("POST", "/api/session", { bearer: token });
        } catch (failure) {
            if (person === this.#person) {
                this.#isSigningIn = false;
                this.session = "out";
                this.#changed();
            }
            throw failure;
        }
        if (person !== this.#person) return;
        this.#cookies?.postMessage("changed");
        this.restart();
    }

    async signOut() {
        try {
            await this.#person.requests.send("DELETE", "/api/session");
        } catch (failure) {
            if (failure.status !== 401) throw failure;
        }
        this.#signedOut();
    }

    #signedOut(isOwn = true) {
        if (isOwn) this.#group?.post({ kind: "signed out" });
        this.#forget();
        this.session = "out";
        this.#changed();
    }
}
