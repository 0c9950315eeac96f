//! The standard's open vocabularies and enumerations (STIX 2.1 §10).

vocabulary! {
    /// What kind of account (STIX 2.1 §10).
    AccountType = "account-type-ov", open (244);
    Facebook = "facebook", Ldap = "ldap", Nis = "nis", Openid = "openid", Radius = "radius", Skype = "skype",
    Tacacs = "tacacs", Twitter = "twitter", Unix = "unix", WindowsLocal = "windows-local",
    WindowsDomain = "windows-domain",
}

vocabulary! {
    /// Why somebody attacks (STIX 2.1 §10).
    AttackMotivation = "attack-motivation-ov", open (211);
    Accidental = "accidental", Coercion = "coercion", Dominance = "dominance", Ideology = "ideology",
    Notoriety = "notoriety", OrganizationalGain = "organizational-gain", PersonalGain = "personal-gain",
    PersonalSatisfaction = "personal-satisfaction", Revenge = "revenge", Unpredictable = "unpredictable",
}

vocabulary! {
    /// How large the means behind an attack are, in rising order (STIX 2.1 §10).
    AttackResourceLevel = "attack-resource-level-ov", open (212);
    Individual = "individual", Club = "club", Contest = "contest", Team = "team", Organization = "organization",
    Government = "government",
}

vocabulary! {
    /// How an artifact is encrypted (STIX 2.1 §10).
    EncryptionAlgorithm = "encryption-algorithm-enum", closed;
    Aes256Gcm = "AES-256-GCM", ChaCha20Poly1305 = "ChaCha20-Poly1305", MimeTypeIndicated = "mime-type-indicated",
}

vocabulary! {
    /// What an extension does (STIX 2.1 §10).
    ExtensionType = "extension-type-enum", closed;
    NewSdo = "new-sdo", NewSco = "new-sco", NewSro = "new-sro", PropertyExtension = "property-extension",
    ToplevelPropertyExtension = "toplevel-property-extension",
}

vocabulary! {
    /// What the objects of a grouping have in common (STIX 2.1 §10).
    GroupingContext = "grouping-context-ov", open (225);
    SuspiciousActivity = "suspicious-activity", MalwareAnalysis = "malware-analysis", Unspecified = "unspecified",
}

vocabulary! {
    /// How a hash was made (STIX 2.1 §10).
    HashAlgorithm = "hash-algorithm-ov", open (241);
    Md5 = "MD5", Sha1 = "SHA-1", Sha256 = "SHA-256", Sha512 = "SHA-512", Sha3_256 = "SHA3-256",
    Sha3_512 = "SHA3-512", Ssdeep = "SSDEEP", Tlsh = "TLSH",
}

vocabulary! {
    /// What kind of entity an identity is (STIX 2.1 §10).
    IdentityClass = "identity-class-ov", open (213);
    Individual = "individual", Group = "group", System = "system", Organization = "organization", Class = "class",
    Unknown = "unknown",
}

vocabulary! {
    /// The programming language of malware (STIX 2.1 §10).
    ImplementationLanguage = "implementation-language-ov", open (226);
    Applescript = "applescript", Bash = "bash", C = "c", CPlusPlus = "c++", CSharp = "c#", Go = "go", Java = "java",
    Javascript = "javascript", Lua = "lua", ObjectiveC = "objective-c", Perl = "perl", Php = "php",
    Powershell = "powershell", Python = "python", Ruby = "ruby", Rust = "rust", Scala = "scala", Swift = "swift",
    Typescript = "typescript", VisualBasic = "visual-basic", X86_32 = "x86-32", X86_64 = "x86-64",
}

vocabulary! {
    /// What kind of activity an indicator points to (STIX 2.1 §10).
    IndicatorType = "indicator-type-ov", open (214);
    AnomalousActivity = "anomalous-activity", Anonymization = "anonymization", Benign = "benign",
    Compromised = "compromised", MaliciousActivity = "malicious-activity", Attribution = "attribution",
    Unknown = "unknown",
}

vocabulary! {
    /// The sector that an identity belongs to (STIX 2.1 §10).
    IndustrySector = "industry-sector-ov", open (215);
    Agriculture = "agriculture", Aerospace = "aerospace", Automotive = "automotive", Chemical = "chemical",
    Commercial = "commercial", Communications = "communications", Construction = "construction", Defense = "defense",
    Education = "education", Energy = "energy", Entertainment = "entertainment",
    FinancialServices = "financial-services", Government = "government", EmergencyServices = "emergency-services",
    GovernmentLocal = "government-local", GovernmentNational = "government-national",
    GovernmentPublicServices = "government-public-services", GovernmentRegional = "government-regional",
    Healthcare = "healthcare", HospitalityLeisure = "hospitality-leisure", Infrastructure = "infrastructure",
    Dams = "dams", Nuclear = "nuclear", Water = "water", Insurance = "insurance", Legal = "legal",
    Manufacturing = "manufacturing", Mining = "mining", NonProfit = "non-profit",
    Pharmaceuticals = "pharmaceuticals", Retail = "retail", Technology = "technology",
    Telecommunications = "telecommunications", Transportation = "transportation", Utilities = "utilities",
}

vocabulary! {
    /// What infrastructure is used for (STIX 2.1 §10).
    InfrastructureType = "infrastructure-type-ov", open (227);
    Amplification = "amplification", Anonymization = "anonymization", Botnet = "botnet",
    CommandAndControl = "command-and-control", ControlSystem = "control-system", Exfiltration = "exfiltration",
    Firewall = "firewall", HostingMalware = "hosting-malware", HostingTargetLists = "hosting-target-lists",
    Phishing = "phishing", Reconnaissance = "reconnaissance", RoutersSwitches = "routers-switches",
    Staging = "staging", Workstation = "workstation", Unknown = "unknown",
}

vocabulary! {
    /// What malware can do (STIX 2.1 §10).
    MalwareCapability = "malware-capabilities-ov", open (228);
    AccessesRemoteMachines = "accesses-remote-machines", AntiDebugging = "anti-debugging",
    AntiDisassembly = "anti-disassembly", AntiEmulation = "anti-emulation",
    AntiMemoryForensics = "anti-memory-forensics", AntiSandbox = "anti-sandbox", AntiVm = "anti-vm",
    CapturesInputPeripherals = "captures-input-peripherals",
    CapturesOutputPeripherals = "captures-output-peripherals",
    CapturesSystemStateData = "captures-system-state-data", CleansTracesOfInfection = "cleans-traces-of-infection",
    CommitsFraud = "commits-fraud", CommunicatesWithC2 = "communicates-with-c2",
    CompromisesDataAvailability = "compromises-data-availability",
    CompromisesDataIntegrity = "compromises-data-integrity",
    CompromisesSystemAvailability = "compromises-system-availability",
    ControlsLocalMachine = "controls-local-machine", DegradesSecuritySoftware = "degrades-security-software",
    DegradesSystemUpdates = "degrades-system-updates", DeterminesC2Server = "determines-c2-server",
    EmailsSpam = "emails-spam", EscalatesPrivileges = "escalates-privileges", EvadesAv = "evades-av",
    ExfiltratesData = "exfiltrates-data", FingerprintsHost = "fingerprints-host", HidesArtifacts = "hides-artifacts",
    HidesExecutingCode = "hides-executing-code", InfectsFiles = "infects-files",
    InfectsRemoteMachines = "infects-remote-machines", InstallsOtherComponents = "installs-other-components",
    PersistsAfterSystemReboot = "persists-after-system-reboot", PreventsArtifactAccess = "prevents-artifact-access",
    PreventsArtifactDeletion = "prevents-artifact-deletion", ProbesNetworkEnvironment = "probes-network-environment",
    SelfModifies = "self-modifies", StealsAuthenticationCredentials = "steals-authentication-credentials",
    ViolatesSystemOperationalIntegrity = "violates-system-operational-integrity",
}

vocabulary! {
    /// What an analysis concluded (STIX 2.1 §10).
    MalwareResult = "malware-result-ov", open (231);
    Malicious = "malicious", Suspicious = "suspicious", Benign = "benign", Unknown = "unknown",
}

vocabulary! {
    /// What kind of malware (STIX 2.1 §10).
    MalwareType = "malware-type-ov", open (216);
    Adware = "adware", Backdoor = "backdoor", Bot = "bot", Bootkit = "bootkit", Ddos = "ddos",
    Downloader = "downloader", Dropper = "dropper", ExploitKit = "exploit-kit", Keylogger = "keylogger",
    Ransomware = "ransomware", RemoteAccessTrojan = "remote-access-trojan",
    ResourceExploitation = "resource-exploitation", RogueSecuritySoftware = "rogue-security-software",
    Rootkit = "rootkit", ScreenCapture = "screen-capture", Spyware = "spyware", Trojan = "trojan",
    Unknown = "unknown", Virus = "virus", Webshell = "webshell", Wiper = "wiper", Worm = "worm",
}

vocabulary! {
    /// The address family of a socket (STIX 2.1 §10).
    SocketAddressFamily = "network-socket-address-family-enum", closed;
    Unspec = "AF_UNSPEC", Inet = "AF_INET", Ipx = "AF_IPX", Appletalk = "AF_APPLETALK", Netbios = "AF_NETBIOS",
    Inet6 = "AF_INET6", Irda = "AF_IRDA", Bth = "AF_BTH",
}

vocabulary! {
    /// The type of a socket (STIX 2.1 §10).
    SocketType = "network-socket-type-enum", closed;
    Stream = "SOCK_STREAM", Dgram = "SOCK_DGRAM", Raw = "SOCK_RAW", Rdm = "SOCK_RDM", Seqpacket = "SOCK_SEQPACKET",
}

vocabulary! {
    /// How much somebody agrees, from strong disagreement to strong agreement (STIX 2.1 §10).
    OpinionValue = "opinion-enum", closed;
    StronglyDisagree = "strongly-disagree", Disagree = "disagree", Neutral = "neutral", Agree = "agree",
    StronglyAgree = "strongly-agree",
}

impl OpinionValue {
    /// The agreement as a number, from 1 for strong disagreement to 5 for strong agreement; `None` for a value that
    /// the standard does not name.
    ///
    /// ```
    /// use stix_model::vocabulary::OpinionValue;
    ///
    /// assert_eq!(OpinionValue::Agree.number(), Some(4));
    /// assert_eq!(OpinionValue::from_number(4), Some(OpinionValue::Agree));
    /// assert_eq!(OpinionValue::from_number(6), None);
    /// ```
    #[must_use]
    pub fn number(&self) -> Option<u8> {
        (1..=5).find(|number| Self::from_number(*number).as_ref() == Some(self))
    }

    /// The agreement that a number from 1 to 5 stands for.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::StronglyDisagree),
            2 => Some(Self::Disagree),
            3 => Some(Self::Neutral),
            4 => Some(Self::Agree),
            5 => Some(Self::StronglyAgree),
            _ => None,
        }
    }
}

vocabulary! {
    /// The language of a detection pattern (STIX 2.1 §10).
    PatternType = "pattern-type-ov", open (245);
    Stix = "stix", Pcre = "pcre", Sigma = "sigma", Snort = "snort", Suricata = "suricata", Yara = "yara",
}

vocabulary! {
    /// The processor that malware runs on (STIX 2.1 §10).
    ProcessorArchitecture = "processor-architecture-ov", open (230);
    Alpha = "alpha", Arm = "arm", Ia64 = "ia-64", Mips = "mips", Powerpc = "powerpc", Sparc = "sparc", X86 = "x86",
    X86_64 = "x86-64",
}

vocabulary! {
    /// A region of the world (STIX 2.1 §10).
    Region = "region-ov", open (223);
    Africa = "africa", EasternAfrica = "eastern-africa", MiddleAfrica = "middle-africa",
    NorthernAfrica = "northern-africa", SouthernAfrica = "southern-africa", WesternAfrica = "western-africa",
    Americas = "americas", Caribbean = "caribbean", CentralAmerica = "central-america",
    LatinAmericaCaribbean = "latin-america-caribbean", NorthernAmerica = "northern-america",
    SouthAmerica = "south-america", Asia = "asia", CentralAsia = "central-asia", EasternAsia = "eastern-asia",
    SouthernAsia = "southern-asia", SouthEasternAsia = "south-eastern-asia", WesternAsia = "western-asia",
    Europe = "europe", EasternEurope = "eastern-europe", NorthernEurope = "northern-europe",
    SouthernEurope = "southern-europe", WesternEurope = "western-europe", Oceania = "oceania",
    Antarctica = "antarctica", AustraliaNewZealand = "australia-new-zealand", Melanesia = "melanesia",
    Micronesia = "micronesia", Polynesia = "polynesia",
}

vocabulary! {
    /// What a report is mainly about (STIX 2.1 §10).
    ReportType = "report-type-ov", open (218);
    AttackPattern = "attack-pattern", Campaign = "campaign", Identity = "identity", Incident = "incident",
    Indicator = "indicator", IntrusionSet = "intrusion-set", Malware = "malware", ObservedData = "observed-data",
    ThreatActor = "threat-actor", ThreatReport = "threat-report", Tool = "tool", Vulnerability = "vulnerability",
}

vocabulary! {
    /// The part that a threat actor plays (STIX 2.1 §10).
    ThreatActorRole = "threat-actor-role-ov", open (220);
    Agent = "agent", Director = "director", Independent = "independent",
    InfrastructureArchitect = "infrastructure-architect", InfrastructureOperator = "infrastructure-operator",
    MalwareAuthor = "malware-author", Sponsor = "sponsor",
}

vocabulary! {
    /// How skilled a threat actor is, in rising order (STIX 2.1 §10).
    ThreatActorSophistication = "threat-actor-sophistication-ov", open (221);
    None = "none", Minimal = "minimal", Intermediate = "intermediate", Advanced = "advanced", Expert = "expert",
    Innovator = "innovator", Strategic = "strategic",
}

vocabulary! {
    /// What kind of threat actor (STIX 2.1 §10).
    ThreatActorType = "threat-actor-type-ov", open (219);
    Activist = "activist", Competitor = "competitor", CrimeSyndicate = "crime-syndicate", Criminal = "criminal",
    Hacker = "hacker", InsiderAccidental = "insider-accidental", InsiderDisgruntled = "insider-disgruntled",
    NationState = "nation-state", PrivateSector = "private-sector", Sensationalist = "sensationalist", Spy = "spy",
    Terrorist = "terrorist", Unknown = "unknown",
}

vocabulary! {
    /// What a tool is for (STIX 2.1 §10).
    ToolType = "tool-type-ov", open (222);
    DenialOfService = "denial-of-service", Exploitation = "exploitation",
    InformationGathering = "information-gathering", NetworkCapture = "network-capture",
    CredentialExploitation = "credential-exploitation", RemoteAccess = "remote-access",
    VulnerabilityScanning = "vulnerability-scanning", Unknown = "unknown",
}

vocabulary! {
    /// The integrity level of a Windows process (STIX 2.1 §10).
    IntegrityLevel = "windows-integrity-level-enum", closed;
    Low = "low", Medium = "medium", High = "high", System = "system",
}

vocabulary! {
    /// What kind of Windows PE file (STIX 2.1 §10).
    WindowsPeBinaryType = "windows-pebinary-type-ov", open (243);
    Dll = "dll", Exe = "exe", Sys = "sys",
}

vocabulary! {
    /// The type of a value in the Windows registry (STIX 2.1 §10).
    RegistryDataType = "windows-registry-datatype-enum", closed;
    None = "REG_NONE", Sz = "REG_SZ", ExpandSz = "REG_EXPAND_SZ", Binary = "REG_BINARY", Dword = "REG_DWORD",
    DwordBigEndian = "REG_DWORD_BIG_ENDIAN", DwordLittleEndian = "REG_DWORD_LITTLE_ENDIAN", Link = "REG_LINK",
    MultiSz = "REG_MULTI_SZ", ResourceList = "REG_RESOURCE_LIST",
    FullResourceDescription = "REG_FULL_RESOURCE_DESCRIPTION",
    ResourceRequirementsList = "REG_RESOURCE_REQUIREMENTS_LIST", Qword = "REG_QWORD",
    InvalidType = "REG_INVALID_TYPE",
}

vocabulary! {
    /// When a Windows service starts (STIX 2.1 §10).
    ServiceStartType = "windows-service-start-type-enum", closed;
    AutoStart = "SERVICE_AUTO_START", BootStart = "SERVICE_BOOT_START", DemandStart = "SERVICE_DEMAND_START",
    Disabled = "SERVICE_DISABLED", SystemAlert = "SERVICE_SYSTEM_ALERT",
}

vocabulary! {
    /// What state a Windows service is in (STIX 2.1 §10).
    ServiceStatus = "windows-service-status-enum", closed;
    ContinuePending = "SERVICE_CONTINUE_PENDING", PausePending = "SERVICE_PAUSE_PENDING", Paused = "SERVICE_PAUSED",
    Running = "SERVICE_RUNNING", StartPending = "SERVICE_START_PENDING", StopPending = "SERVICE_STOP_PENDING",
    Stopped = "SERVICE_STOPPED",
}

vocabulary! {
    /// What kind of Windows service (STIX 2.1 §10).
    ServiceType = "windows-service-type-enum", closed;
    KernelDriver = "SERVICE_KERNEL_DRIVER", FileSystemDriver = "SERVICE_FILE_SYSTEM_DRIVER",
    Win32OwnProcess = "SERVICE_WIN32_OWN_PROCESS", Win32ShareProcess = "SERVICE_WIN32_SHARE_PROCESS",
}

/// Every vocabulary and enumeration.
pub static VOCABULARIES: &[&crate::property::Vocabulary] = &[
    AccountType::VOCABULARY,
    AttackMotivation::VOCABULARY,
    AttackResourceLevel::VOCABULARY,
    EncryptionAlgorithm::VOCABULARY,
    ExtensionType::VOCABULARY,
    GroupingContext::VOCABULARY,
    HashAlgorithm::VOCABULARY,
    IdentityClass::VOCABULARY,
    ImplementationLanguage::VOCABULARY,
    IndicatorType::VOCABULARY,
    IndustrySector::VOCABULARY,
    InfrastructureType::VOCABULARY,
    MalwareCapability::VOCABULARY,
    MalwareResult::VOCABULARY,
    MalwareType::VOCABULARY,
    SocketAddressFamily::VOCABULARY,
    SocketType::VOCABULARY,
    OpinionValue::VOCABULARY,
    PatternType::VOCABULARY,
    ProcessorArchitecture::VOCABULARY,
    Region::VOCABULARY,
    ReportType::VOCABULARY,
    ThreatActorRole::VOCABULARY,
    ThreatActorSophistication::VOCABULARY,
    ThreatActorType::VOCABULARY,
    ToolType::VOCABULARY,
    IntegrityLevel::VOCABULARY,
    WindowsPeBinaryType::VOCABULARY,
    RegistryDataType::VOCABULARY,
    ServiceStartType::VOCABULARY,
    ServiceStatus::VOCABULARY,
    ServiceType::VOCABULARY,
];
