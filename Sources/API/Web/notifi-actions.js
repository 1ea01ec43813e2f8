// What a person does with notifications: carried out, said, and explained where it fails.

import { phrase, reason } from "./notifi-labels.js";

/** For one person's client and the shell that shows it. */
export class Actions {
    /** The highest `seq` that was reported as seen. */
    #seenUpTo = 0;
    #isMarkingSeen = false;

    /**
     * @param {import("./notifi-client.js").InboxClient} client
     * @param {import("./notifi-shell.js").Shell} shell
     * @param {import("./notifi-inbox.js").Labels} labels
     * @param {() => void} changed called where something else is to be drawn
     */
    constructor(client, shell, labels, changed) {
        this.client = client;
        this.shell = shell;
        this.labels = labels;
        this.changed = changed;
    }

    async toggleRead(item) {
        const isUnread = item.read_at === null;
        await this.#mark(item, { read: isUnread }, isUnread ? this.labels.markedRead : this.labels.markedUnread);
    }

    async toggleArchived(item) {
        const isIn = item.archived_at === null;
        await this.#mark(item, { archived: isIn }, isIn ? this.labels.markedArchived : this.labels.markedRestored);
    }

    /** Everything that is shown, and nothing that came after it. */
    async markAllRead(items) {
        this.shell.showNotice("");
        this.shell.announce(this.labels.markedAllRead);
        try {
            await this.client.changes.markUpTo(highest(items), { read: true });
        } catch (failure) {
            if (this.client.session === "in") this.shell.showNotice(this.#notDone(failure));
        }
    }

    /** The same as seen; nobody asked for it, so nothing is said where it fails. */
    async markSeen(items) {
        const upTo = highest(items);
        if (this.#isMarkingSeen || this.client.store.counts.unseen === 0 || upTo <= this.#seenUpTo) return;
        this.#isMarkingSeen = true;
        this.#seenUpTo = upTo;
        try {
            await this.client.changes.markUpTo(upTo, { seen: true });
        } catch {
            // The next change tries again.
            this.#seenUpTo = 0;
        } finally {
            this.#isMarkingSeen = false;
        }
    }

    async showMore() {
        const { shell, labels } = this;
        const before = new Set(shell.list.shown);
        shell.showNotice("");
        shell.setLoadingMore(true);
        try {
            await this.client.lists.more();
            const added = shell.list.shown.filter((id) => !before.has(id));
            if (added.length > 0) shell.list.focus(added[0]);
            shell.announce(phrase(labels, labels.moreShown, { count: added.length }));
        } catch (failure) {
            if (this.client.session === "in") shell.showNotice(reason(labels, failure));
        } finally {
            shell.setLoadingMore(false);
        }
    }

    async #mark(item, change, done) {
        const { shell, client } = this;
        shell.list.errors.delete(item.id);
        shell.announce(done);
        try {
            await client.changes.mark(item.id, change);
        } catch (failure) {
            if (client.session !== "in") return;
            if (failure.status === 404) return shell.announce(this.labels.withdrawn);
            const error = this.#notDone(failure);
            shell.list.errors.set(item.id, error);
            shell.announce(error);
            this.changed();
        }
    }

    #notDone(failure) {
        return phrase(this.labels, this.labels.notDone, { reason: reason(this.labels, failure) });
    }
}

const highest = (items) => Math.max(0, ...items.map((item) => item.seq));
