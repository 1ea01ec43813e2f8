import Hummingbird
import HummingbirdCore
import Notifications

/// Takes the parameters of a query one by one and gathers what is wrong with them.
struct QueryReader {
    private let uri: URI
    private var faults: [Fault] = []

    init(_ uri: URI) {
        self.uri = uri
    }

    mutating func fault(_ name: String, _ detail: String) {
        self.faults.append(Fault("?\(name)", .wrongType, detail))
    }

    mutating func value<Value>(_ name: String, _ read: (String) -> Value?) -> Value? {
        guard let text = self.uri.queryParameters.get(name) else { return nil }
        guard let value = read(text) else {
            self.fault(name, "this value is not possible here")
            return nil
        }
        return value
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = self.uri.queryParameters.get(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            self.fault(name, "a number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    /// - Throws: `Problem`, 422, where anything was wrong.
    func finish() throws {
        guard self.faults.isEmpty else { throw Problem.invalid(Faults(self.faults)) }
    }
}
