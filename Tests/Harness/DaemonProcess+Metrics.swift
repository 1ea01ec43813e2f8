import Foundation
import Testing

@testable import Notifi

/// What a daemon tells of itself, and the system of it.
extension DaemonProcess {
    /// - Parameter series: the name with its labels, as `/metrics` has it.
    func metric(_ series: String) async throws -> Double {
        let admin = HTTPClient(port: try self.ports.admin)
        let answer: HTTPAnswer
        do {
            answer = try await admin.send("GET", "/metrics")
            await admin.close()
        } catch {
            await admin.close()
            throw error
        }
        let line = answer.text.split(separator: "\n").first { $0.hasPrefix("\(series) ") }
        return try #require(line.flatMap { Double($0.dropFirst(series.count + 1)) }, "\(series) in \(answer.text)")
    }

    /// The memory that it has now, in KiB.
    func residentKiB() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(try #require(self.pid))/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return try #require(line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) })
    }
}
