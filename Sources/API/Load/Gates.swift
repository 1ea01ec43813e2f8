import Operations

/// The gates of the API, one for each kind of work, so that too much of one is no reason to refuse another.
struct Gates: Sendable {
    let sends: Gate
    let batches: Gate
    let queries: Gate
    let inboxes: Gate
    let lookups: Gate

    /// Senders come back within the time that a delivery report may take.
    private static let senderSpreadSeconds = 3

    init(settings: Settings) {
        // Spread over the time between two polls, those who come back together are what they are at any other time.
        let poll = settings[APISettings.pollInterval]
        // Their bodies are small, and bounded by their number.
        self.sends = Gate(
            "send", Admission(mostRequests: settings[LoadSettings.sends]), spreadSeconds: Self.senderSpreadSeconds)
        self.batches = Gate(
            "batch",
            Admission(
                mostRequests: settings[LoadSettings.batches],
                mostBytes: settings[LoadSettings.batchMegabytes] * 1_024 * 1_024),
            spreadSeconds: Self.senderSpreadSeconds)
        self.queries = Gate(
            "query", Admission(mostRequests: settings[LoadSettings.queries]), spreadSeconds: Self.senderSpreadSeconds)
        self.inboxes = Gate(
            "inbox", Admission(mostRequests: settings[LoadSettings.inboxQueries]), spreadSeconds: poll)
        self.lookups = Gate(
            "lookup", Admission(mostRequests: settings[LoadSettings.inboxLookups]), spreadSeconds: poll)
    }
}
