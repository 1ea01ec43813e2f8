import Foundation
import Metrics
import Testing

@testable import Operations

@Suite struct PrometheusTests {
    private func value(_ line: String, in text: String) -> String? {
        text.split(separator: "\n").first { $0.hasPrefix("\(line) ") }.map { String($0.dropFirst(line.count + 1)) }
    }

    @Test func counters() {
        let metrics = PrometheusMetrics()
        metrics.describe("accepted", help: "Accepted ones.")
        let counter = Counter(label: "accepted", dimensions: [("z", "1"), ("a", "2")], factory: metrics)
        counter.increment(by: 41)
        counter.increment()
        counter.increment(by: -5)
        // The same labels in another order are the same counter.
        Counter(label: "accepted", dimensions: [("a", "2"), ("z", "1")], factory: metrics).increment()
        let text = metrics.exposition()
        #expect(text.contains("# HELP notifi_accepted_total Accepted ones.\n# TYPE notifi_accepted_total counter\n"))
        #expect(self.value(#"notifi_accepted_total{a="2",z="1"}"#, in: text) == "43")
    }

    @Test func floatingPointCounters() {
        let metrics = PrometheusMetrics()
        let counter = FloatingPointCounter(label: "work", factory: metrics)
        counter.increment(by: 0.25)
        counter.increment(by: 0.5)
        #expect(self.value("notifi_work_total", in: metrics.exposition()) == "0.75")
    }

    @Test func gaugesAndMeters() {
        let metrics = PrometheusMetrics()
        let gauge = Gauge(label: "backlog", factory: metrics)
        gauge.record(17)
        gauge.record(3.5)
        let meter = Meter(label: "open", factory: metrics)
        meter.increment()
        meter.increment()
        meter.decrement()
        let text = metrics.exposition()
        #expect(self.value("notifi_backlog", in: text) == "3.5")
        #expect(self.value("notifi_open", in: text) == "1")
        #expect(text.contains("# TYPE notifi_backlog gauge"))
    }

    @Test func timersAreHistogramsInSeconds() {
        let metrics = PrometheusMetrics()
        let timer = Metrics.Timer(label: "publish", factory: metrics)
        timer.recordMilliseconds(3)
        timer.recordSeconds(2)
        timer.recordSeconds(1_000)
        let text = metrics.exposition()
        #expect(text.contains("# TYPE notifi_publish_seconds histogram"))
        #expect(self.value(#"notifi_publish_seconds_bucket{le="0.0025"}"#, in: text) == "0")
        #expect(self.value(#"notifi_publish_seconds_bucket{le="0.005"}"#, in: text) == "1")
        #expect(self.value(#"notifi_publish_seconds_bucket{le="2.5"}"#, in: text) == "2")
        #expect(self.value(#"notifi_publish_seconds_bucket{le="+Inf"}"#, in: text) == "3")
        #expect(self.value("notifi_publish_seconds_sum", in: text) == "1002.003")
        #expect(self.value("notifi_publish_seconds_count", in: text) == "3")
    }

    @Test func bucketsIncludeTheirBound() {
        let metrics = PrometheusMetrics()
        metrics.describe("rows", help: "Rows.", buckets: [100, 1, 10, 10, .infinity])
        let recorder = Recorder(label: "rows", dimensions: [("le", "x")], factory: metrics)
        for value in [1, 10, 11, 1_000] { recorder.record(value) }
        recorder.record(Double.nan)
        let text = metrics.exposition()
        #expect(self.value(#"notifi_rows_bucket{label_le="x",le="1"}"#, in: text) == "1")
        #expect(self.value(#"notifi_rows_bucket{label_le="x",le="10"}"#, in: text) == "2")
        #expect(self.value(#"notifi_rows_bucket{label_le="x",le="100"}"#, in: text) == "3")
        #expect(self.value(#"notifi_rows_bucket{label_le="x",le="+Inf"}"#, in: text) == "4")
        #expect(text.split(separator: "\n").filter { $0.contains("_bucket") }.count == 4)
    }

    @Test func aNameBelongsToItsFirstKind() {
        let metrics = PrometheusMetrics()
        Gauge(label: "thing", factory: metrics).record(1)
        Recorder(label: "thing", factory: metrics).record(1)
        #expect(metrics.exposition().split(separator: "\n").count == 3)
    }

    @Test func destroyedOnesAreGone() {
        let metrics = PrometheusMetrics()
        let counter = Counter(label: "gone", factory: metrics)
        counter.increment()
        counter.destroy()
        #expect(metrics.exposition().isEmpty)
    }

    @Test(arguments: [
        ("requests", "notifi_requests"), ("http.requests", "notifi_http_requests"), ("9lives", "notifi__9lives"),
        ("notifi_x", "notifi_x"), ("über-größe", "notifi__ber_gr__e"), ("", "notifi__"), ("a:b", "notifi_a:b"),
    ])
    func names(label: String, expected: String) {
        #expect(MetricNames.metric(label) == expected)
        #expect(MetricNames.metric(label, suffix: "_total") == expected + "_total")
        #expect(MetricNames.metric(label + "_total", suffix: "_total").components(separatedBy: "_total").count == 2)
    }

    @Test func labelValuesAreEscaped() {
        let metrics = PrometheusMetrics()
        Counter(label: "odd", dimensions: [("path", "a\\b\"c\nd"), ("1 x", "ü"), ("__x", "y")], factory: metrics)
            .increment()
        #expect(
            metrics.exposition().contains(
                #"notifi_odd_total{_1_x="ü",label___x="y",path="a\\b\"c\nd"} 1"#))
    }

    @Test(arguments: [
        (0.0, "0"), (1.5, "1.5"), (-2, "-2"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
        (1e300, "1e+300"),
    ])
    func numbers(value: Double, expected: String) {
        #expect(MetricNames.number(value) == expected)
    }

    @Test func increasesFromManyTasksAreAllCounted() async {
        let metrics = PrometheusMetrics()
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    let counter = Counter(label: "busy", factory: metrics)
                    let timer = Metrics.Timer(label: "busy", factory: metrics)
                    for _ in 0..<1_000 {
                        counter.increment()
                        timer.recordMilliseconds(1)
                    }
                }
            }
        }
        let text = metrics.exposition()
        #expect(self.value("notifi_busy_total", in: text) == "8000")
        #expect(self.value("notifi_busy_seconds_count", in: text) == "8000")
    }

    @Test func theProcessIsDescribed() throws {
        let text = ProcessMetrics(daemon: "notifi-sample").exposition()
        let build = #"notifi_build_info{daemon="notifi-sample",version="\#(NotifiBuild.version)"}"#
        #expect(self.value(build, in: text) == "1")
        #expect(try #require(self.value("process_resident_memory_bytes", in: text).flatMap { Double($0) }) > 1_000_000)
        #expect(try #require(self.value("process_open_fds", in: text).flatMap { Double($0) }) > 2)
        let start = try #require(self.value("process_start_time_seconds", in: text).flatMap { Double($0) })
        #expect(abs(Date().timeIntervalSince1970 - start) < 86_400)
        #expect(self.value("process_cpu_seconds_total", in: text) != nil)
    }

    @Test func promtoolIsContent() async throws {
        let metrics = PrometheusMetrics()
        metrics.describe("accepted", help: "With \\ and \n in it.")
        Counter(label: "accepted", dimensions: [("odd", "a\\b\"c\nd")], factory: metrics).increment()
        Counter(label: "hb.requests", factory: metrics).increment()
        FloatingPointCounter(label: "work", factory: metrics).increment(by: 0.1)
        Gauge(label: "backlog", factory: metrics).record(Double.infinity)
        Metrics.Timer(label: "publish", dimensions: [("topic", "t")], factory: metrics).recordSeconds(1)
        Recorder(label: "batch.rows", factory: metrics).record(12)
        let page = metrics.exposition() + ProcessMetrics(daemon: "notifi-sample").exposition()

        let said = temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: said) }
        let status = try await withFile(page) { page in
            try await run(["sh", "-c", "exec promtool check metrics < \"$0\" > \"$1\" 2>&1", page, said])
        }
        let words = try String(contentsOfFile: said, encoding: .utf8)
        #expect(status == 0 && words.isEmpty, "\(words)\n\(page)")
    }

    /// Waits for a command without holding up a thread that other tests need.
    private func run(_ command: [String]) async throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        return try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
