use crate::TypeClass;
use crate::vocabulary::{SocketAddressFamily, SocketType};

object_table! {
    /// Traffic from a source to a destination.
    ///
    /// ```
    /// use stix_model::sco::{HttpRequestExt, Ipv4Addr, NetworkTraffic};
    /// use stix_model::StixObject;
    ///
    /// let server = Ipv4Addr::builder().value("198.51.100.3").build()?;
    /// let request = HttpRequestExt::builder().request_method("get").request_value("/download.html").build()?;
    /// let traffic = NetworkTraffic::builder()
    ///     .start("2026-01-01T00:00:00Z")
    ///     .end("2026-01-01T00:01:30Z")
    ///     .dst_ref(server.id())
    ///     .dst_port(80)
    ///     .protocols(["ipv4", "tcp", "http"])
    ///     .extension(request)
    ///     .build()?;
    /// assert_eq!(traffic.extension::<HttpRequestExt>().unwrap().request_method(), "get");
    /// // What has ended is not active.
    /// assert!(traffic.to_builder().is_active(true).build().is_err());
    /// # Ok::<(), stix_model::Invalid>(())
    /// ```
    NetworkTraffic = "network-traffic", Role::Object(TypeClass::Observable), "6.12";
    properties {
        /// When it began.
        start [timestamp];
        /// When it ended.
        end [timestamp];
        /// Does it still go on?
        is_active [boolean];
        /// Where it came from.
        src_ref [reference("ipv4-addr" | "ipv6-addr" | "mac-addr" | "domain-name")];
        /// Where it went.
        dst_ref [reference("ipv4-addr" | "ipv6-addr" | "mac-addr" | "domain-name")];
        /// The port that it came from.
        src_port [integer(0, 65535)];
        /// The port that it went to.
        dst_port [integer(0, 65535)];
        /// The protocols, from the outermost to the innermost.
        protocols (required) [list string];
        /// How many bytes the source sent.
        src_byte_count [natural];
        /// How many bytes the destination sent.
        dst_byte_count [natural];
        /// How many packets the source sent.
        src_packets [natural];
        /// How many packets the destination sent.
        dst_packets [natural];
        /// Information elements of IPFIX, by name.
        ipfix [dictionary as found of integer or string];
        /// The bytes that the source sent.
        src_payload_ref [reference("artifact")];
        /// The bytes that the destination sent.
        dst_payload_ref [reference("artifact")];
        /// The traffic inside of it.
        encapsulates_refs [list reference("network-traffic")];
        /// The traffic that it is inside of.
        encapsulated_by_ref [reference("network-traffic")];
    }
    contributing ["start", "end", "src_ref", "dst_ref", "src_port", "dst_port", "protocols", "extensions"]
    constraints {
        "SCO-NT-1": Demand::AnyOf(&["src_ref", "dst_ref"]);
        "SCO-NT-2": Demand::NotAfter("start", "end");
        "SCO-NT-3": Demand::ExcludedIf("is_active", true, "end");
    }
}

extension_table! {
    /// An HTTP request.
    HttpRequestExt = "http-request-ext", Role::Extension(&["network-traffic"]), "6.12.2";
    properties {
        /// The method, in lowercase.
        request_method (required) [string];
        /// What is requested: the path or target.
        request_value (required) [string];
        /// The version, in lowercase: `http/1.1`.
        request_version [string];
        /// The header fields: by name, the list of the values.
        request_header [dictionary as found of list string];
        /// How many bytes the body has.
        message_body_length [integer];
        /// The body.
        message_body_data_ref [reference("artifact")];
    }
}

extension_table! {
    /// An ICMP message.
    IcmpExt = "icmp-ext", Role::Extension(&["network-traffic"]), "6.12.3";
    properties {
        /// The type of the message.
        icmp_type_hex (required) [hex];
        /// The code of the message.
        icmp_code_hex (required) [hex];
    }
}

extension_table! {
    /// The network socket at one end.
    SocketExt = "socket-ext", Role::Extension(&["network-traffic"]), "6.12.4";
    properties {
        /// The family of its address.
        address_family (required) [SocketAddressFamily];
        /// Does a call on it wait?
        is_blocking [boolean];
        /// Does it wait for connections?
        is_listening [boolean];
        /// Its options: by name (`SO_RCVBUF`), the value.
        options [dictionary as found of integer];
        /// Its type.
        socket_type [SocketType];
        /// Its file descriptor.
        socket_descriptor [natural];
        /// Its handle on Windows.
        socket_handle [integer];
    }
}

extension_table! {
    /// What was seen of a TCP connection.
    TcpExt = "tcp-ext", Role::Extension(&["network-traffic"]), "6.12.5";
    properties {
        /// All flags that the source set.
        src_flags_hex [hex];
        /// All flags that the destination set.
        dst_flags_hex [hex];
    }
    constraints { "SCO-NT-TCP-1": Demand::AnyBesides(&[]); }
}
