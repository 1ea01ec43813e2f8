// All that a tab has of one person. It is thrown away as a whole when somebody else comes.

import { countsOf, readCounts, readPage } from "./notifi-answers.js";
import { Changes } from "./notifi-changes.js";
import { ListFetcher } from "./notifi-fetcher.js";
import { pageSize } from "./notifi-pace.js";
import { Requests } from "./notifi-requests.js";
import { InboxStore } from "./notifi-store.js";

export class Person {
    /**
     * @param {import("./notifi-client.js").ClientOptions} options
     * @param {{changed: () => void, tell: (message: object) => void,
     *   noted: (failure: Error) => import("./notifi-requests.js").Failure}} client
     */
    constructor({ base, session, getSession }, client) {
        this.requests = new Requests(base, session, getSession);
        this.store = new InboxStore();
        this.lists = new ListFetcher(this.requests, this.store, client);
        this.changes = new Changes(this.requests, this.store, client);
    }

    /** One look at what there is: the newest unread, and how many there are. Without a `page` nothing has changed. */
    async look(at) {
        const { etag, isInDoubt } = this.store;
        const answer = await this.requests.send(
            "GET", `/api/inbox?state=unread&limit=${pageSize}`, { etag: isInDoubt ? null : etag });
        const news = { etag: answer.etag ?? etag, interval: answer.pollInterval, at };
        if (answer.unchanged) return news;
        const page = readPage(answer.json);
        if (page.next === null) return { ...news, page, counts: countsOf(page.items) };
        const { json } = await this.requests.send("GET", "/api/inbox/counts");
        return { ...news, page, counts: readCounts(json) };
    }
}
