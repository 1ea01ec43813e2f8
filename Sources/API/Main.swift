import Operations

@main
enum Main {
    static func main() async {
        await Daemon.run("notifi-api", settings: APISettings.all, servesHTTP: true) { try await buildAPI($0) }
    }
}
