import Foundation
import TestSupport
import Testing

/// P7 against a real browser: what is stored is text in Chromium, and what Chromium finds no markup in is stored as it is.
@Suite struct InertTextTests {
    @Test("hostile and harmless texts, and 24,000 at random: Chromium makes text of what is stored, and nothing runs")
    func chromiumAgrees() async throws {
        let known = (HostileText.all + HostileText.harmless).flatMap { [Sample($0), Sample("x\($0)y")] }
        let seed = MarkupFuzz.seed
        print("InertTextTests: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let any = await Self.samples(12_000, &random) { Sample($0.markup()) }
        let plain = await Self.samples(12_000, &random) {
            Sample($0.markup(of: MarkupFuzz.syntax + MarkupFuzz.plainNames), isPlain: true)
        }
        try await withBrowser { browser in
            // No policy of a page is to save it.
            try await browser.open("data:text/html,<!DOCTYPE html><body>")
            try await self.setTrap(browser)
            var wrong: [Wrong] = []
            for (what, samples) in [("known", known), ("seed \(seed)", any), ("seed \(seed), plain", plain)] {
                for start in stride(from: 0, to: samples.count, by: 2_000) {
                    let chunk = Array(samples[start..<min(start + 2_000, samples.count)])
                    let json = String(decoding: try JSONEncoder().encode(chunk), as: UTF8.self)
                    let found = try await browser.run(Self.judge, .string(json), as: [Wrong].self)
                    wrong += found
                    for each in found.prefix(10) {
                        let sample = chunk[each.place]
                        Issue.record(
                            "\(what): \(each.why): \(sample.input.debugDescription) -> \(sample.stored.debugDescription)"
                        )
                    }
                }
            }
            #expect(wrong.isEmpty, "\(wrong.count) in all")
            #expect(try await self.hasRun(browser) == false, "something ran")
            // The trap itself works, and the judge sees an element.
            let live = try await browser.run(
                Self.judge,
                #"[{"input":"x","stored":"<img src=x onerror=alert(1)>","startTags":[],"makesElement":false,"comments":0,"characters":["x"],"isPlain":false,"endsInInstruction":false}]"#,
                as: [Wrong].self)
            #expect(!live.isEmpty)
            #expect(try await self.hasRun(browser))
        }
    }

    /// Thousands of them take a while, and other tests wait for the same few threads.
    private static func samples(
        _ count: Int, _ random: inout SeededGenerator, _ make: (inout SeededGenerator) -> Sample
    ) async -> [Sample] {
        var samples: [Sample] = []
        for number in 1...count {
            samples.append(make(&random))
            if number % 500 == 0 { await Task.yield() }
        }
        return samples
    }

    private struct Wrong: Decodable, Sendable {
        let place: Int
        let why: String
    }

    private func setTrap(_ browser: Browser) async throws {
        _ = try await browser.run(
            """
            window.ran = false;
            const trap = () => { window.ran = true; };
            for (const name of ['alert', 'confirm', 'prompt', 'print', 'eval', 'open']) window[name] = trap;
            document.write = trap;
            window.host = document.body.appendChild(document.createElement('div'));
            """)
    }

    /// After whatever was to load, or to fail to, has done so.
    private func hasRun(_ browser: Browser) async throws -> Bool {
        try await browser.runAsync(
            """
            await new Promise((resolve) => {
                const probe = document.body.appendChild(document.createElement('img'));
                probe.onerror = () => setTimeout(resolve, 0);
                probe.src = 'x:x';
            });
            await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
            return window.ran;
            """, as: Bool.self)
    }

    /// Gets samples as JSON and returns the places of those that are wrong, and why.
    private static let judge = """
        const inert = document.implementation.createHTMLDocument('');
        const box = inert.createElement('div');
        const area = inert.createElement('textarea');
        // In a textarea all is text but its own end tag; a line break at its beginning would be dropped.
        const decoded = (text) => { area.innerHTML = '_' + text; return area.textContent.slice(1); };
        // Chromium takes a carriage return before the `>` of a tag, `<?` or `<!DOCTYPE` for the first half of a line break,
        // and leaves out the line feed behind it. Only where there is such markup, line breaks do not count.
        const losesLineFeed = (input) => /<[^]*\\r>\\n/.test(input);
        const withoutLines = (text) => text.replaceAll('\\n', '');
        const isShown = (sample) => {
            const expected = sample.characters.map(decoded).join('');
            if (losesLineFeed(sample.input)) return withoutLines(box.textContent) === withoutLines(expected);
            return box.textContent === expected;
        };
        const comments = (node) => {
            const walker = inert.createTreeWalker(node, NodeFilter.SHOW_COMMENT | NodeFilter.SHOW_PROCESSING_INSTRUCTION);
            let count = 0;
            while (walker.nextNode()) count += 1;
            return count;
        };
        const hasComments = (sample) => {
            const missing = sample.comments - comments(box);
            return missing === 0 || (missing === 1 && sample.endsInInstruction);
        };
        const wrong = [];
        JSON.parse(arguments[0]).forEach((sample, place) => {
            const check = (holds, why) => { if (!holds) wrong.push({ place, why }); };
            host.innerHTML = sample.stored;
            check(host.firstElementChild === null, 'what is stored makes an element');
            check([...host.childNodes].every((node) => node.nodeType === Node.TEXT_NODE), 'what is stored is not text alone');
            box.innerHTML = sample.input;
            const elements = [...box.querySelectorAll('*')];
            check((elements.length > 0) === sample.makesElement, `Chromium made ${elements.length} elements`);
            if (elements.length === 0) {
                check(hasComments(sample), `Chromium made ${comments(box)} comments`);
                check(isShown(sample), `Chromium's text is ${box.textContent}`);
                if (comments(box) === 0 && box.textContent === decoded(sample.input)) {
                    check(sample.stored === sample.input, 'Chromium finds no markup in it, and it was changed');
                }
            } else if (sample.isPlain) {
                const names = elements.map((element) => element.localName).join(' ');
                check(names === sample.startTags.join(' '), `Chromium made ${names}`);
                check(hasComments(sample), `Chromium made ${comments(box)} comments`);
                check(isShown(sample), `Chromium's text is ${box.textContent}`);
            }
        });
        host.textContent = '';
        return wrong;
        """
}
