// The settings that say who is responsible, for consent receipts.

import Configuration
import HeedConsent
import HeedServer

extension Controller {
    /// Reads them; nil when none is given, a refusal when some are and a receipt needs the others.
    init?(_ reader: ConfigReader) throws(Refusal) {
        func text(_ name: String) -> String? { reader.string(forKey: ConfigKey(name)) }
        let names = [
            "controllerName", "controllerAddress", "controllerEmail", "controllerPhone",
            "controllerJurisdiction",
        ]
        let contact = text("controllerContact")
        let url = text("controllerUrl")
        let values = names.map(text)
        guard values.contains(where: { $0 != nil }) || contact != nil || url != nil else {
            return nil
        }
        for (name, value) in zip(names, values) {
            guard let value else {
                throw Refusal(
                    .missing,
                    field: name,
                    "a consent receipt needs this beside the others"
                )
            }
            guard (1...300).contains(value.utf8.count), !hasControls(value) else {
                throw Refusal(.invalid, field: name, "this has 1 to 300 bytes on one line")
            }
        }
        let found = values.compactMap(\.self)
        // The same rule as for people's regions.
        let place = try Controller.jurisdiction(found[4])
        self.init(
            name: found[0],
            contact: contact ?? found[0],
            address: found[1],
            email: found[2],
            phone: found[3],
            url: url,
            jurisdiction: place
        )
    }

    private static func jurisdiction(_ text: String) throws(Refusal) -> String {
        do {
            let nobody = ContactID(high: 0, low: 0)
            let contact = try Contact(id: nobody, externalID: nil, locale: nil, region: text)
            return contact.region ?? text
        } catch {
            throw Refusal(.invalid, field: "controllerJurisdiction", error.message)
        }
    }
}
