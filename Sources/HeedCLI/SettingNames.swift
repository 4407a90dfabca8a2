// What settings are called in a file and in the environment, so that a wrong name is not passed
// over.

import HeedConsent

/// The names of all settings.
enum SettingNames {
    /// Every name that a file may hold; a test holds it against what is read.
    static let all: Set<String> = [
        "alertAfterSeconds", "alertDeadlineSeconds", "alertLogBehindSeconds", "alertMailFrom",
        "alertMailHost", "alertMailPassword", "alertMailPasswordFile", "alertMailPort",
        "alertMailSecurity", "alertMailTo", "alertMailUser", "alertRepeatSeconds",
        "alertRequestDays",
        "alertWebhookSecret", "alertWebhookSecretFile", "alertWebhookUrl", "allowOwner",
        "auditLogRetentionDays", "checkpointArchive", "confirmationHours", "confirmationsMaximum",
        "consentRecordRetentionDays",
        "controllerAddress", "controllerContact", "controllerEmail", "controllerJurisdiction",
        "controllerName", "controllerPhone", "controllerUrl", "database",
        "databaseSessions", "databaseWaitMilliseconds", "eventRetentionDays", "guardIndex", "host",
        "importBytesMaximum", "importFolder", "journalDays", "journalFolder", "leaseSeconds",
        "logLevel", "logOrigin", "mailFrom", "mailHost", "mailPassword", "mailPasswordFile",
        "mailPort", "mailSecurity", "mailUser", "masterKey", "masterKeyFile", "metricsPort",
        "outboundNetworks", "port", "pagesFolder", "pagesLanguage", "publicUrl",
        "reconcileIntervalSeconds", "retryScale", "sendDecisions", "trustedProxies",
        "verifyIntervalSeconds",
        "witnessPolicy",
        "workers",
    ]

    /// The variable of a setting: `publicUrl` is `HEED_PUBLIC_URL`.
    static func variable(_ name: String) -> String {
        "HEED_" + name.map { $0.isUppercase ? "_\($0)" : $0.uppercased() }.joined()
    }

    /// Refuses a name in a file that no setting has.
    ///
    /// A setting that is passed over would be missed only when it is needed.
    static func check(_ names: [String]) throws(Refusal) {
        for name in names.sorted() where !all.contains(name) {
            let hint = nearest(to: name).map { "; is '\($0)' meant?" } ?? ""
            throw Refusal(.unknownField, field: name, "there is no setting of this name\(hint)")
        }
    }

    /// The variables that begin as those of settings do and are none.
    static func unknownVariables(_ environment: [String: String]) -> [String] {
        let known = Set(all.map(variable)).union(["HEED_CONFIG"])
        return environment.keys.filter { $0.hasPrefix("HEED_") && !known.contains($0) }.sorted()
    }

    /// The name that is most like another; nil when none is like it.
    static func nearest(to name: String) -> String? {
        let folded = fold(name)
        // Two letters that changed places count as two changes.
        let limit = folded.count < 4 ? 1 : 2
        return all.map { (distance: distance(fold($0), folded), name: $0) }
            .filter { $0.distance <= limit }
            .min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
    }

    /// The letters and digits, so that `PUBLIC-URL` is like `publicUrl`.
    private static func fold(_ name: String) -> [Character] {
        name.lowercased().filter { $0.isLetter || $0.isNumber }.map(\.self)
    }

    /// How many letters have to be changed, added or left out (Levenshtein).
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let change = diagonal + (letter == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(change, diagonal + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }
}
