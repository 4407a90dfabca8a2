import Hummingbird
import Mustache
package enum PP { static let x = 1 }
