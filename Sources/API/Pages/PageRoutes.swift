import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

/// The web inbox and the description of the API: a few files that are part of the program.
struct PageRoutes: Sendable {
    struct File: Sendable {
        let path: RouterPath
        let type: String
        let bytes: [UInt8]
        /// Whether pages of any other site may load it: it holds nothing of anybody.
        let isShared: Bool
        let etag: String

        init(_ path: RouterPath, _ type: String, _ bytes: [UInt8], isShared: Bool = false) {
            self.path = path
            self.type = type
            self.bytes = bytes
            self.isShared = isShared
            self.etag = "\"\(Data(SHA256.hash(data: bytes).prefix(12)).base64URL)\""
        }

        /// A part of the element that other sites embed; they import its parts by the paths beside it.
        static func module(_ path: RouterPath, _ bytes: [UInt8]) -> File {
            File(path, "text/javascript; charset=utf-8", bytes, isShared: true)
        }
    }

    static let files = [
        File("/", "text/html; charset=utf-8", PackageResources.index_html),
        File("/page.js", "text/javascript; charset=utf-8", PackageResources.page_js),
        File("/style.css", "text/css; charset=utf-8", PackageResources.style_css),
        File("/embed.html", "text/html; charset=utf-8", PackageResources.embed_html),
        File("/embed.css", "text/css; charset=utf-8", PackageResources.embed_css),
        File("/favicon.svg", "image/svg+xml", PackageResources.favicon_svg),
        File("/openapi.yaml", "application/yaml", PackageResources.openapi_yaml),
        .module("/notifi-inbox.js", PackageResources.notifi_inbox_js),
        .module("/notifi-actions.js", PackageResources.notifi_actions_js),
        .module("/notifi-answers.js", PackageResources.notifi_answers_js),
        .module("/notifi-changes.js", PackageResources.notifi_changes_js),
        .module("/notifi-client.js", PackageResources.notifi_client_js),
        .module("/notifi-dom.js", PackageResources.notifi_dom_js),
        .module("/notifi-fetcher.js", PackageResources.notifi_fetcher_js),
        .module("/notifi-item.js", PackageResources.notifi_item_js),
        .module("/notifi-labels.js", PackageResources.notifi_labels_js),
        .module("/notifi-links.js", PackageResources.notifi_links_js),
        .module("/notifi-list.js", PackageResources.notifi_list_js),
        .module("/notifi-list-style.js", PackageResources.notifi_list_style_js),
        .module("/notifi-pace.js", PackageResources.notifi_pace_js),
        .module("/notifi-person.js", PackageResources.notifi_person_js),
        .module("/notifi-popups.js", PackageResources.notifi_popups_js),
        .module("/notifi-requests.js", PackageResources.notifi_requests_js),
        .module("/notifi-settings.js", PackageResources.notifi_settings_js),
        .module("/notifi-shell.js", PackageResources.notifi_shell_js),
        .module("/notifi-store.js", PackageResources.notifi_store_js),
        .module("/notifi-style.js", PackageResources.notifi_style_js),
        .module("/notifi-tabs.js", PackageResources.notifi_tabs_js),
        .module("/notifi-times.js", PackageResources.notifi_times_js),
        File(
            "/notifi-inbox.d.ts", "application/typescript; charset=utf-8", PackageResources.notifi_inbox_d_ts,
            isShared: true),
    ]

    /// No code but that of this site's own files runs in its pages, whatever a notification holds (P7); and where a browser
    /// knows Trusted Types, none of that code can turn text into markup.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        + "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

    static func answer(_ file: File, to request: Request) -> Response {
        var headers: HTTPFields = [
            .contentType: file.type, .cacheControl: "no-cache", .eTag: file.etag, .contentSecurityPolicy: Self.policy,
        ]
        if file.isShared {
            headers[.accessControlAllowOrigin] = "*"
            headers[.crossOriginResourcePolicy] = "cross-origin"
        }
        if let known = request.headers[.ifNoneMatch], InboxAnswers.matches(known, file.etag) {
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.bytes)))
    }
}
