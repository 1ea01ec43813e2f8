internal import Foundation
internal import Subprocess

/// Starts chromedriver on a free port and a headless Chromium with a fresh profile, hands the browser to `body`, and
/// has both processes gone when it returns, also when `body` throws or is cancelled. The browser is of no use after
/// that.
///
/// - Parameters:
///   - arguments: more command-line switches for Chromium.
///   - body: what to do with it.
/// - Throws: what `body` throws; `BrowserError` with code `toolMissing` or `didNotStart`.
public func withBrowser<Value: Sendable>(
    arguments: [String] = [], _ body: @Sendable (Browser) async throws -> Value
) async throws -> Value {
    let driver = try executable(["chromedriver"], package: "chromium-driver")
    let chromium = try executable(["chromium", "chromium-browser", "google-chrome"], package: "chromium")
    // It takes a port that is free for IPv4 and ends where somebody has the same one for IPv6.
    var tries = 3
    while true {
        do {
            return try await withDriver(chromium: chromium, arguments: arguments, body)
        } catch let ended as DriverEnded {
            tries -= 1
            guard tries > 0 else { throw BrowserError(.didNotStart, "\(driver) ended: \(ended.output)") }
        }
    }
}

/// It said this, and ended before it had named its port.
private struct DriverEnded: Error {
    let output: String
}

private func withDriver<Value: Sendable>(
    chromium: String, arguments: [String], _ body: @Sendable (Browser) async throws -> Value
) async throws -> Value {
    // Of their own, so that nothing is left behind by processes that had to be killed.
    let files = FileManager.default.temporaryDirectory.appending(path: "notifi-browser-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
    defer { remove(files) }
    // chromedriver alone would leave Chromium running when it is told to end; they share the process group.
    let stop = [TeardownStep.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(5))]
    var options = PlatformOptions()
    options.createSession = true
    options.teardownSequence = stop
    let outcome = try await Subprocess.run(
        .name("chromedriver"), arguments: ["--port=0"], environment: .inherit.updating(["TMPDIR": files.path]),
        platformOptions: options, input: .none, output: .sequence, error: .combinedWithOutput
    ) { process in
        let lines = process.standardOutput.strings()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            // `nil`: the time is up.
            let (output, said) = AsyncStream.makeStream(of: String?.self)
            group.addTask {
                defer { said.finish() }
                // Read to its end: a full pipe would stop the process.
                for try await line in lines { said.yield(line) }
            }
            group.addTask {
                try await Task.sleep(for: .seconds(30))
                said.yield(nil)
            }
            let result = await Result(catching: { () async throws -> Value in
                let port = try await namedPort(in: output)
                return try await WebDriver(port: port).withSession(chromium: chromium, arguments: arguments, body)
            })
            await process.teardown(using: stop)
            group.cancelAll()
            return try result.get()
        }
    }
    return outcome.closureResult
}

/// - Throws: ``DriverEnded`` where the output ends without one; `BrowserError` with code `didNotStart` where the time is up
///   before; `CancellationError`.
private func namedPort(in output: AsyncStream<String?>) async throws -> Int {
    var said: [String] = []
    for await line in output {
        guard let line else { throw BrowserError(.didNotStart, "chromedriver did not name its port within 30 s") }
        if let number = portNumber(in: line) { return number }
        said.append(line)
    }
    try Task.checkCancellation()
    throw DriverEnded(output: said.joined(separator: "\n"))
}

/// `ChromeDriver was started successfully on port 37093.`
private func portNumber(in line: String) -> Int? {
    guard line.contains("started successfully"), let range = line.range(of: "on port ") else { return nil }
    return Int(line[range.upperBound...].prefix { $0.isNumber })
}

/// A helper of Chromium that is just ending may write a file between the emptying of a folder and its removal. What is
/// left even so lies in the temporary folder and is of no harm.
private func remove(_ folder: URL) {
    for _ in 0..<10 where FileManager.default.fileExists(atPath: folder.path) {
        try? FileManager.default.removeItem(at: folder)
    }
}

private func executable(_ names: [String], package: String) throws(BrowserError) -> String {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    for name in names {
        for folder in folders where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") {
            return "\(folder)/\(name)"
        }
    }
    throw BrowserError(
        .toolMissing, "no \(names.joined(separator: " or ")) in PATH; on Debian: apt-get install \(package)")
}

extension Result where Failure == any Error {
    fileprivate init(catching body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }

    fileprivate init(_ body: () async throws -> Success) async {
        await self.init(catching: body)
    }
}

/// The W3C WebDriver protocol: JSON over HTTP to a chromedriver on this machine.
struct WebDriver: Sendable {
    let port: Int
    /// Below a session, else empty.
    var path = ""

    /// The longest that a script may run, in milliseconds. What waits in the page gives up by itself before that.
    static let scriptTimeout = 120_000

    func withSession<Value: Sendable>(
        chromium: String, arguments: [String], _ body: @Sendable (Browser) async throws -> Value
    ) async throws -> Value {
        let switches = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] + arguments
        let session: Session = try await self.call(
            "POST", "/session",
            [
                "capabilities": [
                    "alwaysMatch": [
                        "browserName": "chrome",
                        "goog:loggingPrefs": ["browser": "ALL"],
                        "goog:chromeOptions": [
                            "binary": .string(chromium), "args": .array(switches.map(ScriptValue.string)),
                        ],
                        "timeouts": ["script": .number(Double(Self.scriptTimeout)), "pageLoad": 30_000, "implicit": 0],
                    ]
                ]
            ])
        let inside = WebDriver(port: self.port, path: "/session/\(session.sessionId)")
        let result = await Result(catching: { () async throws -> Value in try await body(Browser(driver: inside)) })
        // In a task of its own, because it has to run when this one has been cancelled as well.
        let quit = await Task { () async -> (any Error)? in
            do {
                let _: ScriptValue = try await inside.call("DELETE", "")
                return nil
            } catch {
                return error
            }
        }.value
        if case .success = result, let quit { throw quit }
        return try result.get()
    }

    /// Sends one command and reads the `value` of the answer.
    ///
    /// - Throws: `BrowserError`; `CancellationError` if the task was cancelled.
    func call<Value: Decodable>(_ method: String, _ command: String, _ body: ScriptValue? = nil) async throws -> Value {
        let what = "\(method) \(command)"
        let answer: LocalHTTP.Answer
        do {
            let json = try body.map { Array(try JSONEncoder().encode($0)) }
            answer = try await LocalHTTP.send(method, port: self.port, path: self.path + command, json: json)
        } catch {
            try Task.checkCancellation()
            throw BrowserError(.refused, "\(what): chromedriver does not answer: \(error)")
        }
        let data = Data(answer.body)
        do {
            if answer.status == 200 {
                return try JSONDecoder().decode(Answer<Value>.self, from: data).value
            }
            let fault = try JSONDecoder().decode(Answer<Fault>.self, from: data).value
            throw BrowserError(webDriver: fault.error, message: fault.message, during: what)
        } catch let error as DecodingError {
            let text = String(decoding: data.prefix(300), as: UTF8.self)
            throw BrowserError(.refused, "\(what): an answer of another shape than \(Value.self): \(text) (\(error))")
        }
    }

    private struct Session: Decodable {
        let sessionId: String
    }

    private struct Answer<Value: Decodable>: Decodable {
        let value: Value
    }

    private struct Fault: Decodable {
        let error: String
        let message: String
    }
}
