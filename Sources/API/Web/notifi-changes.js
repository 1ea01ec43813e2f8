// What a person changes: shown at once in every tab, confirmed by the server, taken back where it refuses.

import { isNotification, normalized } from "./notifi-answers.js";
import { clock } from "./notifi-pace.js";
import { Failure } from "./notifi-requests.js";

export class Changes {
    /**
     * @param {import("./notifi-requests.js").Requests} requests
     * @param {import("./notifi-store.js").InboxStore} store
     * @param {{changed: () => void, tell: (message: object) => void,
     *   noted: (failure: Error) => import("./notifi-requests.js").Failure}} client
     */
    constructor(requests, store, client) {
        this.requests = requests;
        this.store = store;
        this.client = client;
    }

    /** @param {{read?: boolean, archived?: boolean}} change @throws {Failure} */
    async mark(id, change) {
        await this.#carryOut(this.store.markOf(id, change), async () => {
            const path = `/api/inbox/${encodeURIComponent(id)}`;
            const { json } = await this.requests.send("PATCH", path, { body: change });
            return isNotification(json) ? normalized(json) : undefined;
        });
    }

    /** Everything up to a `seq`, never what came after it. @param {{read?: true, seen?: true}} change */
    async markUpTo(upTo, change) {
        const path = change.read ? "/api/inbox/read-all" : "/api/inbox/seen-all";
        await this.#carryOut(this.store.markUpTo(upTo, change), async () => {
            await this.requests.send("POST", path, { body: { up_to: upTo } });
        });
    }

    async #carryOut(mark, request) {
        const { key } = mark;
        this.#show({ kind: "mark", mark });
        try {
            this.#show({ kind: "settled", key, item: await request(), gone: false, at: clock() });
        } catch (failure) {
            // Withdrawn by its sender: it leaves the lists all the same.
            const gone = failure.status === 404 && mark.id !== undefined;
            this.#show(gone ? { kind: "settled", key, gone, at: clock() } : { kind: "withdrawn", key });
            throw this.client.noted(failure);
        }
    }

    #show(message) {
        this.take(message);
        this.client.tell(message);
        this.client.changed();
    }

    /** Takes in a change of this tab or of another. */
    take({ kind, mark, key, item, gone, at }) {
        if (kind === "mark") this.store.put(mark);
        if (kind === "settled") this.store.settle(key, at, item, gone);
        if (kind === "withdrawn") this.store.withdraw(key);
    }

    /** @returns {Promise<import("./notifi-inbox.js").Preference[]>} */
    async preferences() { return this.#preferences("GET"); }

    async setPreference(eventType, enabled) {
        return this.#preferences("PUT", { preferences: [{ event_type: eventType, enabled }] });
    }

    async #preferences(method, body) {
        try {
            const { json } = await this.requests.send(method, "/api/preferences", { body });
            if (!Array.isArray(json?.preferences)) throw new Failure(200, { code: "unreadable" });
            return json.preferences.filter((each) => typeof each?.event_type === "string");
        } catch (failure) {
            throw this.client.noted(failure);
        }
    }
}
