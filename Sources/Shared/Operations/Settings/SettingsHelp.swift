extension Settings {
    /// What `--help` prints: every key with its environment variable, type, range, default and meaning.
    public static func help(program: String, _ settings: [any AnySetting]) -> String {
        var text = """
            \(program) \(NotifiBuild.version)

            Usage: \(program) [--help | --version]

            Configuration comes from the environment and, beneath it, from the JSON file that NOTIFI_CONFIG_FILE
            names; its keys are nested or dotted. An empty variable counts as not set. Secrets are never shown.
            With NOTIFI_READY_FILE set, the bound ports are written there once all has started.

            """
        for definition in settings.map(\.definition) {
            let fallback = definition.defaultText ?? (definition.isRequired ? "none; required" : "none")
            text += """

                \(definition.environmentName)
                    file key: \(definition.name)
                    type: \(definition.kind)\(definition.isSecret ? " (secret)" : "")
                    default: \(fallback)
                    \(definition.help)

                """
        }
        return text
    }
}

/// What was built.
public enum NotifiBuild {
    /// Semantic version of all programs of this repository.
    public static let version = "0.1.0"
}
