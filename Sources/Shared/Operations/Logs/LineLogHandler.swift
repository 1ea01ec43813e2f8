import Foundation
import Logging
import Synchronization

/// Writes each event as one whole line.
struct LineLogHandler: LogHandler {
    let formatter: LineFormatter
    let output: LogOutput
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(formatter: LineFormatter, output: LogOutput, level: Logger.Level) {
        self.formatter = formatter
        self.output = output
        self.logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var metadata = self.metadata
        if let provided = self.metadataProvider?.get() {
            metadata.merge(provided) { $1 }
        }
        if let own = event.metadata {
            metadata.merge(own) { $1 }
        }
        self.output.write(
            self.formatter.line(
                time: Timestamp.now(), level: event.level, message: event.message.description, metadata: metadata,
                error: event.error.map { "\($0)" }))
    }
}
