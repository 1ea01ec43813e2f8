import Subprocess
import SystemPackage

/// A ceiling's server, for the time of a measurement.
struct CeilingProcess: Sendable {
    let kind: CeilingKind
    /// Only for ``CeilingKind/produce``.
    var target: (brokers: String, topic: String)?

    /// Starts it, runs `body` with its port, and ends it.
    ///
    /// - Parameter programs: the folder that has `notifi`.
    func running<R: Sendable>(programs: String, _ body: @Sendable (Int) async throws -> R) async throws -> R {
        var arguments = ["bench", "serve", "--kind", self.kind.rawValue]
        if let target { arguments += ["--brokers", target.brokers, "--topic", target.topic] }
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))]
        let kind = self.kind
        let result = try await Subprocess.run(
            .path(FilePath(programs).appending("notifi")), arguments: Arguments(arguments), platformOptions: options,
            input: .none, output: .sequence, error: .currentStandardError
        ) { process in
            let result: Result<R, any Error>
            do {
                var lines = process.standardOutput.strings(bufferingPolicy: .unbounded).makeAsyncIterator()
                guard let port = try await lines.next().flatMap({ Int($0.filter(\.isNumber)) }), port > 0 else {
                    throw CommandFailure("the ceiling \(kind.rawValue) did not say where it listens")
                }
                result = .success(try await body(port))
            } catch {
                result = .failure(error)
            }
            await process.teardown(using: [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))])
            return result
        }
        return try result.closureResult.get()
    }
}
