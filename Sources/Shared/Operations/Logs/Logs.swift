public import Logging

/// Names of the metadata that concern a notification, and of the error.
public enum LogKey {
    public static let notificationID = "notification_id"
    public static let traceID = "trace_id"
    public static let error = "error"
    /// The label of a logger that is not the daemon's own, such as a library's.
    public static let logger = "logger"
}

extension Logger {
    /// A logger whose every line names a notification, and its trace if there is one.
    ///
    /// - Parameters:
    ///   - notification: the id; written by its description.
    ///   - trace: the 32 hexadecimal digits of a W3C trace id.
    public func about(_ notification: some CustomStringConvertible, trace: String? = nil) -> Logger {
        var logger = self
        logger[metadataKey: LogKey.notificationID] = "\(notification)"
        if let trace {
            logger[metadataKey: LogKey.traceID] = "\(trace)"
        }
        return logger
    }
}

/// The logs of a process.
public enum Logs {
    /// A logger that writes lines to standard error, without making it the one of the process.
    public static func logger(daemon: String, level: Logger.Level = .info, format: LogFormat = .json) -> Logger {
        Logger(label: daemon) { self.handler(label: $0, daemon: daemon, level: level, format: format) }
    }

    /// Makes all loggers of the process write such lines. Call it once, before the first logger is made.
    public static func bootstrap(daemon: String, level: Logger.Level = .info, format: LogFormat = .json) {
        LoggingSystem.bootstrap(
            { label, provider in
                var handler = self.handler(label: label, daemon: daemon, level: level, format: format)
                handler.metadataProvider = provider
                return handler
            }, metadataProvider: LoggingSystem.metadataProvider)
    }

    private static func handler(
        label: String, daemon: String, level: Logger.Level, format: LogFormat
    ) -> LineLogHandler {
        var handler = LineLogHandler(
            formatter: LineFormatter(daemon: daemon, format: format), output: .standardError, level: level)
        if label != daemon {
            handler.metadata[LogKey.logger] = "\(label)"
        }
        return handler
    }
}
