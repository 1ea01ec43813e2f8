import ArgumentParser

/// What a ceiling's server does with a request.
enum CeilingKind: String, Sendable, CaseIterable, ExpressibleByArgument {
    /// Bare SwiftNIO answers a fixed text.
    case text
    /// Bare SwiftNIO decodes one notification and encodes it again, by Foundation's JSON.
    case json
    /// The same, and has produced it and awaited its report before it answers.
    case produce
    /// The first two, by the framework that the API is made with.
    case hummingbirdText = "hummingbird-text"
    case hummingbirdJSON = "hummingbird-json"

    static let body = "Hello, and nothing but this text.\n"
}
