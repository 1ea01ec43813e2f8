import TestSupport
import Testing

@testable import Harness

extension EndToEnd.Web {
    /// What the bell counts while a change is under way, from the page's own module, without a request.
    @Suite
    struct CountTests {
        /// What the server does with one change, and when a poll is asked for and answered between.
        private static let begin = """
            const { InboxStore } = await import("/notifi-store.js");
            const store = new InboxStore();
            const counts = [];
            const note = () => counts.push(store.counts.unread * 10 + store.counts.unseen);
            const item = (seq, more) => ({ id: `id-${seq}`, seq, message: "text", read_at: null, seen_at: null,
                archived_at: null, ...more });
            const poll = (at, items, next = null, total = items.length) => {
                store.applyPoll({ etag: `"${at}-me"`, version: 3, page: { items, next }, at,
                    counts: { unread: total, unseen: total } });
                note();
            };
            const all = [item(3), item(2), item(1)];
            poll(1, all);
            """

        @Test(
            "however a poll and a change overlap, the change counts once",
            arguments: [
                ("markOf('id-3', { read: true })", "[item(2), item(1)]", [33.0, 22, 22, 22, 22, 22]),
                ("markOf('id-2', { archived: true })", "[item(3), item(1)]", [33, 22, 22, 22, 22, 22]),
                ("markUpTo(2, { read: true })", "[item(3)]", [33, 11, 11, 11, 11, 11]),
                (
                    "markUpTo(3, { seen: true })", "all.map((each) => ({ ...each, seen_at: 'now' }))",
                    [33, 30, 30, 30, 30, 30]
                ),
            ])
        func overlap(change: String, after: String, expected: [Double]) async throws {
            try await FakeInbox.run { _, site in
                try await withBrowser { browser in
                    try await browser.open(site)
                    let counts = try await browser.runAsync(
                        """
                        \(Self.begin)
                        const after = \(after);
                        const mark = store.\(change);
                        store.put(mark);
                        note();
                        poll(2, all);
                        poll(3, after);
                        store.settle(mark.key, 4);
                        note();
                        poll(5, after);
                        return counts;
                        """, as: [Double].self)
                    #expect(counts == expected)
                }
            }
        }

        @Test("one that comes while all others are being marked as read counts")
        func arrival() async throws {
            try await FakeInbox.run { _, site in
                try await withBrowser { browser in
                    try await browser.open(site)
                    let counts = try await browser.runAsync(
                        """
                        \(Self.begin)
                        store.put(store.markUpTo(3, { read: true }));
                        note();
                        poll(2, [item(4)]);
                        return counts;
                        """, as: [Double].self)
                    #expect(counts == [33, 0, 11])
                }
            }
        }

        @Test(
            "what is taken back counts again; of more than a page, what the server counted and what was changed since")
        func takenBack() async throws {
            try await FakeInbox.run { _, site in
                try await withBrowser { browser in
                    try await browser.open(site)
                    let counts = try await browser.runAsync(
                        """
                        \(Self.begin)
                        const mark = store.markOf("id-1", { read: true });
                        store.put(mark);
                        note();
                        store.withdraw(mark.key);
                        note();
                        poll(2, all, "more", 50);
                        store.put(store.markOf("id-1", { read: true }));
                        note();
                        return counts;
                        """, as: [Double].self)
                    #expect(counts == [33, 22, 33, 550, 539])
                }
            }
        }
    }
}
