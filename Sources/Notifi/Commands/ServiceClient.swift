import Foundation
import FoundationNetworking

/// Talks to the API as a service.
struct ServiceClient: Sendable {
    let base: URL
    private let token: String

    /// - Throws: ``CommandFailure`` where `NOTIFI_URL` or `NOTIFI_SERVICE_TOKEN` is missing or unusable.
    init(url: String?, token: String?) throws {
        guard let url else { throw CommandFailure("NOTIFI_URL is not set; for example http://127.0.0.1:8080") }
        guard let base = URL(string: url), let scheme = base.scheme, ["http", "https"].contains(scheme),
            base.host() != nil
        else { throw CommandFailure("NOTIFI_URL is no URL that begins with http:// or https://") }
        guard let token else { throw CommandFailure("NOTIFI_SERVICE_TOKEN is not set; see notifi token create") }
        self.base = base
        self.token = token
    }

    static func fromEnvironment() throws -> Self {
        try Self(url: Surroundings.variable("NOTIFI_URL"), token: Surroundings.variable("NOTIFI_SERVICE_TOKEN"))
    }

    struct Answer: Sendable {
        let status: Int
        let body: Data
        let retryAfter: String?
    }

    /// - Throws: ``CommandFailure`` where there is no answer within ten seconds.
    func call(
        _ method: String, _ path: String, body: Data? = nil, headers: [String: String] = [:]
    ) async throws -> Answer {
        var request = URLRequest(
            url: self.base.appending(path: path), cachePolicy: .reloadIgnoringLocalCacheData, timeoutInterval: 10)
        request.httpMethod = method
        request.httpBody = body
        request.setValue("Bearer \(self.token)", forHTTPHeaderField: "Authorization")
        if body != nil {
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        }
        for (name, value) in headers {
            request.setValue(value, forHTTPHeaderField: name)
        }
        do {
            let (body, response) = try await URLSession.shared.data(for: request)
            guard let response = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
            return Answer(
                status: response.statusCode, body: body, retryAfter: response.value(forHTTPHeaderField: "Retry-After"))
        } catch let error as URLError {
            throw CommandFailure("no answer from \(self.base): \(error.localizedDescription)")
        }
    }
}

/// An error as the API tells it (RFC 9457).
struct Problem: Decodable, Sendable {
    struct Fault: Decodable, Sendable {
        let pointer: String
        let code: String
        let detail: String?
    }

    let title: String?
    let detail: String?
    let code: String?
    let errors: [Fault]?

    /// The lines for people, of whatever came.
    static func describe(_ answer: ServiceClient.Answer) -> String {
        guard let problem = try? JSONDecoder().decode(Problem.self, from: answer.body) else {
            return "the API answered \(answer.status)"
        }
        let what = [problem.code, problem.detail ?? problem.title].compactMap { $0 }.joined(separator: ": ")
        let faults = (problem.errors ?? []).map { fault in
            "\n  \(fault.pointer): \(fault.code)" + (fault.detail.map { ": \($0)" } ?? "")
        }
        let retry = answer.retryAfter.map { " (try again after \($0) s)" } ?? ""
        return "the API answered \(answer.status) \(what)\(retry)\(faults.joined())"
    }
}
