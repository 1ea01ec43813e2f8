import HTTPTypes
import Notifications

extension AcceptedText {
    /// What became of each of a batch: `{"results":[{"notification":{…},"status":202},{"problem":{…},"status":422}]}`.
    static func json(_ results: [Result<Notification, Problem>]) throws -> [UInt8] {
        var text = JSONText()
        text.member("results", json: JSONText.array(try results.map { try self.json($0) }))
        return text.finish()
    }

    private static func json(_ result: Result<Notification, Problem>) throws -> [UInt8] {
        var text = JSONText()
        switch result {
        case .success(let notification):
            text.member("notification", json: self.json(notification))
            text.member("status", json: String(HTTPResponse.Status.accepted.code).utf8)
        case .failure(let problem):
            text.member("problem", json: try problem.json())
            text.member("status", json: String(problem.status.code).utf8)
        }
        return text.finish()
    }
}
