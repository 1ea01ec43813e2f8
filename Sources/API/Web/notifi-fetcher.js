// Keeps the list that somebody looks at up to date. What is unread comes with the polls, as far as one page goes.

import { readPage } from "./notifi-answers.js";
import { clock, pageSize } from "./notifi-pace.js";

/** @typedef {import("./notifi-inbox.js").View} View */
export class ListFetcher {
    /** Why the list could not be fetched. @type {import("./notifi-requests.js").Failure | null} */
    trouble = null;
    /** Which list is looked at. @type {View | null} */
    shown = null;
    #isFetching = false;

    /**
     * @param {import("./notifi-requests.js").Requests} requests
     * @param {import("./notifi-store.js").InboxStore} store
     * @param {{changed: () => void, noted: (failure: Error) => import("./notifi-requests.js").Failure}} client
     */
    constructor(requests, store, client) {
        this.requests = requests;
        this.store = store;
        this.client = client;
    }

    /** Fetches the list again if it is older than what is known. */
    async refresh() {
        const view = this.shown;
        if (view === null || this.#isFetching || document.hidden || !this.store.isStale(view)) return;
        if (view === "unread" && this.store.lists.unread.wanted === 1) return;
        this.#isFetching = true;
        let trouble = null;
        try {
            await this.#fetch(view);
        } catch (failure) {
            if (this.requests.hasEnded) return;
            trouble = this.client.noted(failure);
        }
        this.#isFetching = false;
        if (this.requests.hasEnded) return;
        if (this.shown === view) this.trouble = trouble;
        this.client.changed();
        if (this.shown !== view) this.refresh();
    }

    /** Fetches one page more. @throws {import("./notifi-requests.js").Failure} */
    async more() {
        const view = this.shown;
        const list = this.store.lists[view];
        list.wanted += 1;
        try {
            await this.#fetch(view);
        } catch (failure) {
            list.wanted -= 1;
            throw this.client.noted(failure);
        }
        this.client.changed();
    }

    async #fetch(view) {
        const { wanted } = this.store.lists[view];
        const at = clock();
        const pages = [];
        let etag = null;
        do {
            const query = new URLSearchParams({ limit: String(pageSize) });
            if (view !== "all") query.set("state", view);
            if (pages.length > 0) query.set("cursor", pages.at(-1).next);
            const answer = await this.requests.send("GET", `/api/inbox?${query}`);
            pages.push(readPage(answer.json));
            etag ??= answer.etag;
        } while (pages.length < wanted && pages.at(-1).next !== null);
        this.store.applyList(view, pages, etag, at);
    }
}
