"""The options of `create -d amazonec2`: docker-machine's, and some of our own."""

from __future__ import annotations

from machsh.api import Kind, Option

REGION = "us-east-1"
SECURITY_GROUP = "docker-machine"
"""docker-machine's shared group; machsh makes one for each machine unless the user names another."""
RETIRED_TYPE, INSTANCE_TYPE = "t2.micro", "t3.micro"
RETIRED_VOLUME, VOLUME_TYPE = "gp2", "gp3"
DEVICE = "/dev/sda1"
USER = "ubuntu"
SPOT_PRICE = "0.50"
RETRIES = 5

_OF_DOCKER_MACHINE = (
    Option("amazonec2-access-key", "AWS Access Key", variable="AWS_ACCESS_KEY_ID", secret=True),
    Option("amazonec2-secret-key", "AWS Secret Key", variable="AWS_SECRET_ACCESS_KEY", secret=True),
    Option("amazonec2-session-token", "AWS Session Token", variable="AWS_SESSION_TOKEN", secret=True),
    Option(
        "amazonec2-ami",
        "AWS machine image",
        variable="AWS_AMI",
        default_words="the newest Ubuntu LTS; `debian` is the newest Debian",
    ),
    Option(
        "amazonec2-region",
        "AWS region",
        default=REGION,
        variable="AWS_DEFAULT_REGION",
        values="amazonec2.region",
    ),
    Option("amazonec2-vpc-id", "AWS VPC id", variable="AWS_VPC_ID", values="amazonec2.vpc"),
    Option(
        "amazonec2-zone",
        "AWS zone for instance (i.e. a,b,c,d,e)",
        default="a",
        variable="AWS_ZONE",
        values="amazonec2.zone",
        default_words="a, or the first zone that has the instance type",
    ),
    Option("amazonec2-subnet-id", "AWS VPC subnet id", variable="AWS_SUBNET_ID", values="amazonec2.subnet"),
    Option(
        "amazonec2-security-group-readonly",
        "Skip adding default rules to security groups",
        Kind.BOOL,
        variable="AWS_SECURITY_GROUP_READONLY",
    ),
    Option(
        "amazonec2-security-group",
        "AWS VPC security group",
        Kind.LIST,
        [SECURITY_GROUP],
        "AWS_SECURITY_GROUP",
        values="amazonec2.security-group",
        default_words="a group of the machine's own",
    ),
    Option("amazonec2-open-port", "Make the specified port number accessible from the Internet", Kind.LIST),
    Option("amazonec2-tags", "AWS Tags (e.g. key1,value1,key2,value2)", variable="AWS_TAGS"),
    Option(
        "amazonec2-instance-type",
        "AWS instance type",
        default=RETIRED_TYPE,
        variable="AWS_INSTANCE_TYPE",
        values="amazonec2.instance-type",
        own_default=INSTANCE_TYPE,
    ),
    Option(
        "amazonec2-device-name",
        "AWS root device name",
        default=DEVICE,
        variable="AWS_DEVICE_NAME",
        default_words="the image's",
    ),
    Option("amazonec2-root-size", "AWS root disk size (in GB)", Kind.INT, 16, "AWS_ROOT_SIZE"),
    Option(
        "amazonec2-volume-type",
        "Amazon EBS volume type",
        default=RETIRED_VOLUME,
        variable="AWS_VOLUME_TYPE",
        own_default=VOLUME_TYPE,
    ),
    Option("amazonec2-iam-instance-profile", "AWS IAM Instance Profile", variable="AWS_INSTANCE_PROFILE"),
    Option("amazonec2-ssh-port", "SSH port", Kind.INT, 22, "AWS_SSH_PORT"),
    Option(
        "amazonec2-ssh-user",
        "SSH username",
        default=USER,
        variable="AWS_SSH_USER",
        default_words="the image's: ubuntu or admin",
    ),
    Option("amazonec2-request-spot-instance", "Set this flag to request spot instance", Kind.BOOL),
    Option("amazonec2-spot-price", "AWS spot instance bid price (in dollar)", default=SPOT_PRICE),
    Option(
        "amazonec2-block-duration-minutes",
        "AWS spot instance duration in minutes (60, 120, 180, 240, 300, or 360)",
        Kind.INT,
        0,
    ),
    Option("amazonec2-private-address-only", "Only use a private IP address", Kind.BOOL),
    Option("amazonec2-use-private-address", "Force the usage of private IP address", Kind.BOOL),
    Option("amazonec2-monitoring", "Set this flag to enable CloudWatch monitoring", Kind.BOOL),
    Option("amazonec2-use-ebs-optimized-instance", "Create an EBS optimized instance", Kind.BOOL),
    Option("amazonec2-ssh-keypath", "SSH Key for Instance", variable="AWS_SSH_KEYPATH", values="file"),
    Option(
        "amazonec2-keypair-name",
        "AWS keypair to use; requires --amazonec2-ssh-keypath",
        variable="AWS_KEYPAIR_NAME",
        values="amazonec2.key-pair",
    ),
    Option(
        "amazonec2-retries",
        "Set retry count for recoverable failures (use -1 to disable)",
        Kind.INT,
        RETRIES,
    ),
    Option(
        "amazonec2-endpoint",
        "Optional endpoint URL (hostname only or fully qualified URI)",
        variable="AWS_ENDPOINT",
    ),
    Option(
        "amazonec2-insecure-transport",
        "Disable SSL when sending requests",
        Kind.BOOL,
        variable="AWS_INSECURE_TRANSPORT",
    ),
    Option(
        "amazonec2-userdata",
        "path to file with cloud-init user data",
        variable="AWS_USERDATA",
        values="file",
    ),
)
_OUR_OWN = (
    Option(
        "amazonec2-open-to",
        "Who may reach ssh and the engine: an address, a CIDR, or `all`",
        Kind.LIST,
        ours=True,
        default_words="this computer's public address",
    ),
    Option(
        "amazonec2-profile",
        "Profile of ~/.aws/config and ~/.aws/credentials to use",
        values="amazonec2.profile",
        ours=True,
        default_words="AWS_PROFILE",
    ),
    Option(
        "amazonec2-volume",
        "Attach another encrypted volume, which goes with the machine: GB, or GB:TYPE",
        Kind.LIST,
        ours=True,
    ),
)
OPTIONS = (*_OF_DOCKER_MACHINE, *_OUR_OWN)
