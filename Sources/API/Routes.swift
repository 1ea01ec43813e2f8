import Hummingbird

/// Every route of the API, in one place.
struct Routes: Sendable {
    let send: SendRoute
    let sendBatch: SendBatchRoute
    let list: ListRoute
    let get: GetRoute
    let reschedule: RescheduleRoute
    let cancel: CancelRoute
    let unread: UnreadRoute
    let markRead: MarkReadRoute
    let inbox: InboxRoute
    let counts: CountsRoute
    let mark: MarkRoute
    let readAll: MarkAllRoute
    let seenAll: MarkAllRoute
    let preferences: PreferencesRoutes
    let session: SessionRoutes
    let eraseUser: EraseUserRoute
    let origins: OriginPolicy
    let rules: AnswerRules
    /// For what services ask of Postgres.
    let queries: Gate

    func router() -> Hummingbird.Router<APIContext> {
        let router = Hummingbird.Router(context: APIContext.self)
        router.add(middleware: CrossOriginMiddleware(origins: self.origins))
        router.add(
            middleware: AnswerMiddleware(rules: self.rules, paths: self.paths))
        self.add(to: router)
        return router
    }

    private var paths: KnownPaths {
        let router = Hummingbird.Router(context: APIContext.self)
        self.add(to: router)
        return KnownPaths(router.routes.map { ("\($0.path)", $0.method) })
    }

    private func add(to router: Hummingbird.Router<APIContext>) {
        router.post(RouterPath(SendRoute.path), use: self.send.handle)
        router.post("/api/notifications/batch", use: self.sendBatch.handle)
        router.get("/api/notifications", use: self.queries.limiting(self.list.handle))
        router.get(RouterPath(UnreadRoute.path), use: self.unread.handle)
        router.get("/api/notifications/:id", use: self.queries.limiting(self.get.handle))
        router.patch("/api/notifications/:id", use: self.queries.limiting(self.reschedule.handle))
        router.delete("/api/notifications/:id", use: self.queries.limiting(self.cancel.handle))
        router.patch("/api/notifications/:id/read", use: self.markRead.handle)

        router.get("/api/inbox", use: self.inbox.handle)
        router.get("/api/inbox/counts", use: self.counts.handle)
        router.post("/api/inbox/read-all", use: self.readAll.handle)
        router.post("/api/inbox/seen-all", use: self.seenAll.handle)
        router.patch("/api/inbox/:id", use: self.mark.handle)
        router.get("/api/preferences", use: self.preferences.get)
        router.put("/api/preferences", use: self.preferences.put)

        router.delete("/api/users/:id", use: self.queries.limiting(self.eraseUser.handle))

        router.post("/api/session", use: self.session.start)
        router.delete("/api/session", use: self.session.end)

        for file in PageRoutes.files {
            router.get(file.path) { request, _ in PageRoutes.answer(file, to: request) }
        }
    }
}
