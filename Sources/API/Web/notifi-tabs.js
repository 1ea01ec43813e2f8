// The tabs of one browser that show the same person's inbox: one of them leads, and each tells the others what it learns.

/** One tab's place among them. */
export class TabGroup {
    /** Whether this tab is the one that polls. */
    leads = false;
    #channel;
    #claim;

    /**
     * @param {string} name of the inbox; whoever must not learn of it uses another
     * @param {{message: (message: any) => void, lead: () => void, follow: () => void}} handlers `follow` is
     *   called when another tab took over
     */
    constructor(name, { message, lead, follow }) {
        this.name = name;
        this.lead = lead;
        this.follow = follow;
        if (typeof BroadcastChannel === "function") {
            this.#channel = new BroadcastChannel(name);
            this.#channel.onmessage = (event) => message(event.data);
        }
        // Looked at from the start, it leads; else it waits until those before it are gone.
        this.#ask(!document.hidden);
    }

    /** Whether only one of them leads. Without Web Locks all do, and wait for each other's news. */
    static get hasLocks() { return navigator.locks !== undefined; }

    post(message) { this.#channel?.postMessage(message); }

    /** Leads from now on: the tab that somebody looks at is not slowed down by the browser. */
    claim() {
        if (!this.leads) this.#ask(true);
    }

    leave() {
        this.leads = false;
        this.#claim?.abort();
        this.#claim = undefined;
        this.#channel?.close();
    }

    #ask(steal) {
        this.#claim?.abort();
        const claim = new AbortController();
        this.#claim = claim;
        if (!TabGroup.hasLocks) {
            this.leads = true;
            // Not before whoever made this group has it.
            queueMicrotask(() => claim.signal.aborted || this.lead());
            return;
        }
        const holding = () => {
            if (claim.signal.aborted) return undefined;
            this.leads = true;
            this.lead();
            return new Promise((release) => claim.signal.addEventListener("abort", release, { once: true }));
        };
        // Stealing and giving up waiting exclude each other in the API; what is stolen is there at once.
        const options = steal ? { steal } : { signal: claim.signal };
        navigator.locks.request(this.name, options, holding).catch(() => {
            // Another tab took it over, or this one gave it up.
            if (this.#claim !== claim) return;
            this.leads = false;
            this.follow();
            this.#ask(false);
        });
    }
}
