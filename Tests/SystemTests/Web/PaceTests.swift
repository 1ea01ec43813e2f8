import TestSupport
import Testing

@testable import Harness

extension EndToEnd.Web {
    /// When the client asks again: its pure part, run by the browser that runs it for people.
    @Suite
    struct PaceTests {
        @Test(
            "the server's pace, four times slower where nobody looks; after errors full jitter below a cap of five minutes"
        )
        func delays() async throws {
            try await FakeInbox.run { _, site in
                try await withBrowser { browser in
                    try await browser.open("\(site)/embed.html")
                    let delays = try await browser.runAsync(
                        """
                        const { Pace } = await import('/notifi-pace.js');
                        const none = new Pace(() => 0);
                        const most = new Pace(() => 0.999999);
                        const delays = [none.delay(false)];
                        for (const told of ['10', '9999', '0', 'soon', null]) {
                            none.succeeded(told);
                            delays.push(none.delay(false), none.delay(true));
                        }
                        for (const times of [1, 2, 20]) {
                            most.succeeded('10');
                            none.succeeded('10');
                            for (let each = 0; each < times; each += 1) {
                                most.failed(0);
                                none.failed(0);
                            }
                            delays.push(Math.round(most.delay(false)), none.delay(false));
                        }
                        most.failed(40, 1000);
                        none.failed(40, 1000);
                        delays.push(none.delay(false, 1000), most.delay(false, 1000) >= 40000 ? 1 : 0);
                        most.succeeded('10');
                        return [...delays, most.delay(false) < 10501 ? 1 : 0];
                        """, as: [Double].self)
                    #expect(delays[0] == 30_000, "before anything was told")
                    #expect(
                        delays[1...10] == [
                            10_000, 40_000, 300_000, 300_000, 30_000, 120_000, 30_000, 120_000, 30_000, 120_000,
                        ])
                    #expect(delays[11...16] == [2_000, 0, 4_000, 0, 300_000, 0])
                    #expect(delays[17...19] == [40_000, 1, 1], "never before a Retry-After; an answer ends all of it")
                }
            }
        }

        @Test("a Retry-After is read as seconds and as a date, and nothing else")
        func retryAfter() async throws {
            try await FakeInbox.run { _, site in
                try await withBrowser { browser in
                    try await browser.open("\(site)/embed.html")
                    let seconds = try await browser.runAsync(
                        """
                        const { retryAfter } = await import('/notifi-pace.js');
                        const now = Date.parse('2026-01-31T09:00:00Z');
                        return [null, '7', ' 7 ', 'Sat, 31 Jan 2026 09:00:30 GMT', 'Sat, 31 Jan 2026 08:00:00 GMT', '-5', 'soon', '',
                            '999999999'].map((header) => retryAfter(header, now));
                        """, as: [Double].self)
                    #expect(seconds == [0, 7, 7, 30, 0, 0, 0, 0, 3_600])
                }
            }
        }
    }
}
