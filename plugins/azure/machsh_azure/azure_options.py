"""The options of `create -d azure`: docker-machine's, and some of our own."""

from __future__ import annotations

from machsh.api import ENGINE_PORT, Kind, Option

RETIRED_SIZE = "Standard_A2"
RETIRED_IMAGE = "canonical:UbuntuServer:16.04.0-LTS:latest"
GROUP = NETWORK_SUBNET = AVAILABILITY_SET = "docker-machine"
NETWORK = "docker-machine-vnet"
USER = "docker-user"
ENVIRONMENT, LOCATION, STORAGE, PREFIX = "AzurePublicCloud", "westus", "Standard_LRS", "192.168.0.0/16"
STORAGE_TYPES = ("Standard_LRS", "StandardSSD_LRS", "StandardSSD_ZRS", "Premium_LRS", "Premium_ZRS")

_OF_DOCKER_MACHINE = (
    Option(
        "azure-environment",
        "Azure environment (e.g. AzurePublicCloud, AzureChinaCloud)",
        default=ENVIRONMENT,
        variable="AZURE_ENVIRONMENT",
    ),
    Option(
        "azure-subscription-id",
        "Azure Subscription ID",
        variable="AZURE_SUBSCRIPTION_ID",
        values="azure.subscription",
        default_words="that of az login, or the only one",
    ),
    Option(
        "azure-resource-group",
        "Azure Resource Group name (will be created if missing)",
        default=GROUP,
        variable="AZURE_RESOURCE_GROUP",
        values="azure.resource-group",
    ),
    Option("azure-ssh-user", "Username for SSH login", default=USER, variable="AZURE_SSH_USER"),
    Option(
        "azure-docker-port", "Port number for Docker engine", Kind.INT, ENGINE_PORT, "AZURE_DOCKER_PORT"
    ),
    Option(
        "azure-location",
        "Azure region to create the virtual machine",
        default=LOCATION,
        variable="AZURE_LOCATION",
        values="azure.location",
    ),
    Option(
        "azure-size",
        "Size for Azure Virtual Machine",
        default=RETIRED_SIZE,
        variable="AZURE_SIZE",
        values="azure.size",
        default_words="the smallest with 2 CPUs and 4 GB",
    ),
    Option(
        "azure-image",
        "Azure virtual machine OS image",
        default=RETIRED_IMAGE,
        variable="AZURE_IMAGE",
        values="azure.image",
        default_words="the newest Ubuntu LTS",
    ),
    Option(
        "azure-vnet",
        "Azure Virtual Network name to connect the virtual machine (in [resourcegroup:]name format)",
        default=NETWORK,
        variable="AZURE_VNET",
    ),
    Option(
        "azure-subnet",
        "Azure Subnet Name to be used within the Virtual Network",
        default=NETWORK_SUBNET,
        variable="AZURE_SUBNET",
    ),
    Option(
        "azure-subnet-prefix",
        "Private CIDR block to be used for the new subnet, should comply RFC 1918",
        default=PREFIX,
        variable="AZURE_SUBNET_PREFIX",
    ),
    Option(
        "azure-availability-set",
        "Azure Availability Set to place the virtual machine into",
        default=AVAILABILITY_SET,
        variable="AZURE_AVAILABILITY_SET",
    ),
    Option(
        "azure-custom-data",
        "Path to file with custom-data",
        variable="AZURE_CUSTOM_DATA_FILE",
        values="file",
    ),
    Option("azure-private-ip-address", "Specify a static private IP address for the machine"),
    Option(
        "azure-storage-type",
        "Type of Storage Account to host the OS Disk for the machine",
        default=STORAGE,
        variable="AZURE_STORAGE_TYPE",
    ),
    Option("azure-use-private-ip", "Use private IP address of the machine to connect", Kind.BOOL),
    Option("azure-no-public-ip", "Do not create a public IP address for the machine", Kind.BOOL),
    Option("azure-static-public-ip", "Assign a static public IP address to the machine", Kind.BOOL),
    Option(
        "azure-dns", "A unique DNS label for the public IP address", variable="AZURE_DNS_LABEL"
    ),
    Option("azure-open-port", "Make the specified port number accessible from the Internet", Kind.LIST),
    Option(
        "azure-client-id",
        "Azure Service Principal Account ID (optional)",
        variable="AZURE_CLIENT_ID",
        default_words="az login, or a managed identity",
    ),
    Option(
        "azure-client-secret",
        "Azure Service Principal Account password (optional)",
        variable="AZURE_CLIENT_SECRET",
        secret=True,
    ),
)  # fmt: skip
_OUR_OWN = (
    Option(
        "azure-open-to",
        "Network that may reach ssh and the engine",
        Kind.LIST,
        ours=True,
        default_words="this computer's public address",
    ),
    Option("azure-spot", "Take a spot machine: cheaper, and Azure may end it", Kind.BOOL, ours=True),
    Option("azure-disk-size", "Size of the system's disk (in GB)", Kind.INT, ours=True),
    Option("azure-tag", "Tag of what is made, KEY=VALUE", Kind.LIST, ours=True),
    Option(
        "azure-endpoint", "URL of the provider's API", variable="ARM_ENDPOINT", ours=True, hidden=True
    ),
)  # fmt: skip
OPTIONS = (*_OF_DOCKER_MACHINE, *_OUR_OWN)
