import HTTPTypes
import Notifications

extension AcceptedText {
    /// What became of each of a batch: `{"results":[{"notification":{…},"status":202},{"problem":{…},"status":422}]}`.
    static func json(_ results: [Result<Notification, Problem>]) throws -> [UInt8] {
        try JSONText.bytes(objects: 1 + results.count) { text in
            try text.object { text in
                try text.member("results") { try $0.array(results, Self.write) }
            }
        }
    }

    private static func write(_ result: Result<Notification, Problem>, to text: inout JSONText) throws {
        try text.object { text in
            switch result {
            case .success(let notification):
                text.member("notification") { Self.write(notification, to: &$0) }
                text.member("status", json: String(HTTPResponse.Status.accepted.code).utf8)
            case .failure(let problem):
                text.member("problem", json: try problem.json())
                text.member("status", json: String(problem.status.code).utf8)
            }
        }
    }
}
