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

        /// - Parameter script: goes on from there, and returns numbers.
        private static func run(_ script: String) async throws -> [Double] {
            try await FakeInbox.run { _, site in
                try await withBrowser { browser in
                    try await browser.open(site)
                    return try await browser.runAsync(Self.begin + "\n" + script, as: [Double].self)
                }
            }
        }

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
            let counts = try await Self.run(
                """
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
                """)
            #expect(counts == expected)
        }

        @Test("one that comes while all others are being marked as read counts")
        func arrival() async throws {
            let counts = try await Self.run(
                """
                store.put(store.markUpTo(3, { read: true }));
                note();
                poll(2, [item(4)]);
                return counts;
                """)
            #expect(counts == [33, 0, 11])
        }

        @Test("what a list that nobody looks at still holds is not counted again")
        func ghosts() async throws {
            let counts = try await Self.run(
                """
                const list = (view, items) => store.applyList(view, [{ items, next: null }], '"1-me"', 1);
                const change = (id, what, at, ...settled) => {
                    const mark = store.markOf(id, what);
                    store.put(mark);
                    store.settle(mark.key, at, ...settled);
                };
                list("archived", [item(9, { archived_at: "then" })]);
                change("id-9", { archived: false }, 2, item(9));
                change("id-9", { read: true }, 3, item(9, { read_at: "now" }));
                poll(4, all);
                list("all", all);
                change("id-3", { read: true }, 5, undefined, true);
                poll(6, [item(2), item(1)]);
                return counts;
                """)
            #expect(counts == [33, 33, 22])
        }

        @Test("after a poll that may show a change already, the next one asks for all of it")
        func doubt() async throws {
            let doubts = try await Self.run(
                """
                const doubts = [store.isInDoubt];
                const mark = store.markOf("id-3", { read: true });
                store.put(mark);
                doubts.push(store.isInDoubt);
                poll(2, [item(2), item(1)], "more", 49);
                store.settle(mark.key, 3, item(3, { read_at: "now" }));
                doubts.push(store.isInDoubt, counts.at(-1) / 11);
                poll(4, [item(2), item(1)], "more", 49);
                return [...doubts.map(Number), store.isInDoubt ? 1 : 0, counts.at(-1) / 11];
                """)
            #expect(doubts == [0, 1, 1, 48, 0, 49], "one too few until then")
        }

        @Test(
            "what is taken back counts again; of more than a page, what the server counted and what was changed since")
        func takenBack() async throws {
            let counts = try await Self.run(
                """
                const mark = store.markOf("id-1", { read: true });
                store.put(mark);
                note();
                store.withdraw(mark.key);
                note();
                poll(2, all, "more", 50);
                store.put(store.markOf("id-1", { read: true }));
                note();
                return counts;
                """)
            #expect(counts == [33, 22, 33, 550, 539])
        }
    }
}
