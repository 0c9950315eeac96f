use crate::TypeClass;
use crate::vocabulary::{IntegrityLevel, ServiceStartType, ServiceStatus, ServiceType};

object_table! {
    /// A running program.
    ///
    /// Numbers of processes are used again, so nothing of a process makes a deterministic identifier: each that is
    /// built gets a random one.
    Process = "process", Role::Object(TypeClass::Observable), "6.13";
    properties {
        /// Is it hidden?
        is_hidden [boolean];
        /// Its number.
        pid [integer];
        /// When it was started.
        created_time [timestamp];
        /// Its working directory.
        cwd [string];
        /// The whole command that started it.
        command_line [string];
        /// Its environment: by name, the value.
        environment_variables [dictionary as found of string];
        /// The connections that it opened.
        opened_connection_refs [list reference("network-traffic")];
        /// The account that started it.
        creator_user_ref [reference("user-account")];
        /// The program that it runs.
        image_ref [reference("file")];
        /// The process that started it.
        parent_ref [reference("process")];
        /// The processes that it started.
        child_refs [list reference("process")];
    }
    constraints { "SCO-PR-1": Demand::AnyOrExtension; }
}

extension_table! {
    /// What only processes on Windows have.
    WindowsProcessExt = "windows-process-ext", Role::Extension(&["process"]), "6.13.2";
    properties {
        /// Is the layout of its memory random?
        aslr_enabled [boolean];
        /// Is its data kept from being run as code?
        dep_enabled [boolean];
        /// Its priority class: `HIGH_PRIORITY_CLASS`.
        priority [string];
        /// The security identifier of its owner.
        owner_sid [string];
        /// The title of its main window.
        window_title [string];
        /// The members of its `STARTUPINFO` structure, by name.
        startup_info [dictionary as found of any];
        /// How far the system trusts it.
        integrity_level [IntegrityLevel];
    }
    constraints { "SCO-PR-WINDOWS-1": Demand::AnyBesides(&[]); }
}

extension_table! {
    /// A process that is a Windows service.
    WindowsServiceExt = "windows-service-ext", Role::Extension(&["process"]), "6.13.3";
    properties {
        /// The name of the service.
        service_name [string];
        /// What it is described as.
        descriptions [list string];
        /// The name that is shown to users.
        display_name [string];
        /// The group that decides on the order of loading.
        group_name [string];
        /// When it starts.
        start_type [ServiceStartType];
        /// The libraries that it loads.
        service_dll_refs [list reference("file")];
        /// What kind of service it is.
        service_type [ServiceType];
        /// What state it is in.
        service_status [ServiceStatus];
    }
    constraints { "SCO-PR-SERVICE-1": Demand::AnyBesides(&[]); }
}
