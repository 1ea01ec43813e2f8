// What is known of one person's inbox, and what was asked for and is not confirmed yet. Pure: no request, no timer.

import { countsOf } from "./notifi-answers.js";

/**
 * @typedef {import("./notifi-inbox.js").Notification} Notification
 * @typedef {import("./notifi-inbox.js").View} View
 * @typedef {{items: Notification[], next: string | null, at?: number}} Page `at` is when it was asked for
 *
 * A change that a person made, here or in another tab. Either of one notification (`id`) or of all up to a `seq`.
 * `settledAt` is when the server had confirmed it: only what was asked for after that shows it by itself.
 * @typedef {{key: string, id?: string, upTo?: number, change: {read?: boolean, seen?: boolean, archived?: boolean},
 *   before?: Notification, difference: {unread: number, unseen: number}, settledAt: number | null, gone?: boolean}} Mark
 */

/** @type {View[]} */
export const views = ["unread", "all", "archived"];

const belongs = {
    unread: (item) => item.read_at === null && item.archived_at === null,
    all: (item) => item.archived_at === null,
    archived: (item) => item.archived_at !== null,
};

const isUnseen = (item) => item.seen_at === null && item.archived_at === null;

/** Lists of one person, newest first, with the marks that the server has not shown yet laid over them. */
export class InboxStore {
    /** What the server called the state that the newest answer showed. */
    etag = null;
    /** The number in it, which every later notification's `seq` exceeds. */
    version = 0;
    /** @type {Record<View, {pages: Page[], wanted: number, etag: string | null, at: number}>} */
    lists = Object.fromEntries(views.map((view) => [view, { pages: [], wanted: 1, etag: null, at: 0 }]));
    #counts = { unread: 0, unseen: 0, at: 0 };
    /** @type {Map<string, Mark>} */
    #marks = new Map();

    /**
     * Takes in what a poll brought.
     *
     * @param {{etag: string | null, version: number, page: Page, counts: {unread: number, unseen: number}, at: number}}
     *   poll `at` is when it was asked for
     * @returns {Notification[]} what had not been there at the poll before; nothing the first time
     */
    applyPoll({ etag, version, page, counts, at }) {
        const list = this.lists.unread;
        // Tabs may hear of each other's polls in another order than they were made.
        if (at < list.at) return [];
        const isFirst = list.at === 0;
        const arrived = isFirst ? [] : page.items.filter((item) => item.seq > this.version);
        this.etag = etag;
        this.version = version;
        const goesOn = list.wanted > 1 && page.next !== null;
        // Further pages began where the first one ended: they stay until they have been asked for again.
        list.pages = [{ ...page, at }, ...(goesOn ? list.pages.slice(1) : [])];
        list.at = at;
        list.etag = goesOn ? null : etag;
        this.#counts = { ...counts, at };
        this.#prune();
        return arrived;
    }

    /** Takes in all wanted pages of a list. */
    applyList(view, pages, etag, at) {
        const list = this.lists[view];
        if (at < list.at) return;
        Object.assign(list, { pages: pages.map((page) => ({ ...page, at })), etag, at });
        this.#prune();
    }

    isLoaded(view) { return this.lists[view].at > 0; }

    /** Whether a list shows an older state than the newest that is known. */
    isStale(view) { return !this.isLoaded(view) || this.lists[view].etag !== this.etag; }

    next(view) { return this.lists[view].pages.at(-1)?.next ?? null; }

    /** @returns {Notification[]} */
    items(view) {
        const { pages, at } = this.lists[view];
        const listed = new Map();
        for (const page of pages) {
            for (const item of page.items) if (!listed.has(item.id)) listed.set(item.id, { item, at: page.at });
        }
        const oldest = this.next(view) === null ? 0 : Math.min(...[...listed.values()].map(({ item }) => item.seq));
        // What a mark brings into this list, if the list reaches as far back.
        for (const mark of this.#marks.values()) {
            const { id, before } = mark;
            if (before === undefined || listed.has(id) || isShownBy(mark, at)) continue;
            if (before.seq >= oldest) listed.set(id, { item: before, at });
        }
        return [...listed.values()]
            .map((each) => this.#marked(each.item, each.at))
            .filter((item) => item !== null && belongs[view](item))
            .sort((one, other) => other.seq - one.seq);
    }

    /** A notification as it is now, if it is known. */
    find(id) {
        for (const view of views) {
            const item = this.items(view).find((each) => each.id === id);
            if (item !== undefined) return item;
        }
        return undefined;
    }

    get counts() {
        const { pages } = this.lists.unread;
        // All of the unread are known: a mark laid over them counts once, also where the newest poll was asked for before
        // the mark was confirmed and shows it all the same.
        if (pages.length === 1 && pages[0].next === null) return countsOf(this.items("unread"));
        let { unread, unseen } = this.#counts;
        for (const mark of this.#marks.values()) {
            if (isShownBy(mark, this.#counts.at)) continue;
            unread += mark.difference.unread;
            unseen += mark.difference.unseen;
        }
        return { unread: Math.max(0, unread), unseen: Math.max(0, unseen) };
    }

    /** Whether the newest poll may show a mark already that was confirmed only after it: then its counts have it twice. */
    get isInDoubt() {
        const { at } = this.lists.unread;
        return [...this.#marks.values()].some((mark) => mark.settledAt === null || mark.settledAt >= at);
    }

    /** A mark as it is begun: with what it changes about the counts. */
    markOf(id, change) {
        const before = this.find(id);
        const after = before && changed(before, change);
        const difference = before === undefined ? { unread: 0, unseen: 0 } : {
            unread: Number(belongs.unread(after)) - Number(belongs.unread(before)),
            unseen: Number(isUnseen(after)) - Number(isUnseen(before)),
        };
        return { key: crypto.randomUUID?.() ?? String(Math.random()), id, change, before, difference, settledAt: null };
    }

    /** The same for all up to a `seq`. Older ones than are known are among them, since lists begin with the newest. */
    markUpTo(upTo, change) {
        const later = this.items("unread").filter((item) => item.seq > upTo);
        const { unread, unseen } = this.counts;
        const difference = {
            unread: change.read ? later.length - unread : 0,
            unseen: later.filter(isUnseen).length - unseen,
        };
        return { key: crypto.randomUUID?.() ?? String(Math.random()), upTo, change, difference, settledAt: null };
    }

    /** @param {Mark} mark */
    put(mark) { this.#marks.set(mark.key, mark); }

    /** The server confirmed it; with the notification as it is now, or without one where that was withdrawn. */
    settle(key, at, item, gone = false) {
        const mark = this.#marks.get(key);
        if (mark === undefined) return;
        Object.assign(mark, { settledAt: at, gone, before: item ?? mark.before });
        if (gone && mark.before !== undefined) {
            mark.difference = {
                unread: -Number(belongs.unread(mark.before)), unseen: -Number(isUnseen(mark.before)),
            };
        }
    }

    /** It did not happen. */
    withdraw(key) { this.#marks.delete(key); }

    #marked(item, at) {
        let result = item;
        for (const mark of this.#marks.values()) {
            if (isShownBy(mark, at)) continue;
            if (mark.id === item.id) {
                if (mark.gone) return null;
                result = changed(result, mark.change);
            } else if (mark.upTo !== undefined && item.seq <= mark.upTo && item.archived_at === null) {
                result = changed(result, mark.change);
            }
        }
        return result;
    }

    /** Forgets the marks that every list shows by itself. */
    #prune() {
        const loaded = Object.values(this.lists).flatMap((list) => list.pages.map((page) => page.at));
        const oldest = Math.min(this.#counts.at, ...loaded);
        for (const [key, mark] of this.#marks) if (isShownBy(mark, oldest)) this.#marks.delete(key);
    }
}

/** Whether an answer that was asked for at `at` shows a mark by itself. */
const isShownBy = (mark, at) => mark.settledAt !== null && mark.settledAt < at;

function changed(item, { read, seen, archived }) {
    const now = new Date().toISOString();
    const result = { ...item };
    if (read === true) result.read_at ??= now;
    if (read === false) result.read_at = null;
    if (read === true || seen === true) result.seen_at ??= now;
    if (archived === true) result.archived_at ??= now;
    if (archived === false) result.archived_at = null;
    return result;
}
